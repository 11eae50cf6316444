import { ROTATED_PARTS, SECRET_PARTS, type Secrets } from '@sbmcrm/engines';
import { describe, expect, it } from 'vitest';
import { begin, change, end, forget, type Rotation } from './parts.ts';

const secrets = { redis: 'r1', sentinel: 's1', holder: 'h1', adminEmail: 'a@b' } as Secrets & { rotation?: Rotation };

describe('a rotation', () => {
  it('accepts the new ones, then uses them, then accepts the old ones no more', () => {
    const first = begin(secrets, 'cache', { redis: 'r2', sentinel: 's2', holder: 'h2' });
    expect(first).toEqual({
      ...secrets,
      also: { redis: 'r2', sentinel: 's2' },
      rotation: { part: 'cache', stage: 'accept' },
    });
    const second = change(first, { part: 'cache', stage: 'accept' });
    expect(second).toEqual({
      ...secrets,
      redis: 'r2',
      sentinel: 's2',
      also: { redis: 'r1', sentinel: 's1' },
      rotation: { part: 'cache', stage: 'use' },
    });
    const third = forget(second, { part: 'cache', stage: 'use' });
    const rotated = { ...secrets, redis: 'r2', sentinel: 's2' };
    expect(third).toEqual({ ...rotated, rotation: { part: 'cache', stage: 'forget' } });
    expect(end(third)).toEqual(rotated);
  });

  it('of all parts leaves no secret out', () => {
    const keys = ROTATED_PARTS.flatMap((part): readonly string[] => SECRET_PARTS[part].keys);
    const all: Record<keyof Omit<Secrets, 'also' | 'adminEmail' | 'files'>, true> = {
      adminPassword: true,
      postgresSuperuser: true,
      postgresReplication: true,
      postgresRewind: true,
      postgresApplication: true,
      postgresMonitor: true,
      patroniApi: true,
      redis: true,
      sentinel: true,
      holder: true,
      alertmanager: true,
      relay: true,
      tls: true,
    };
    expect(keys.sort()).toEqual(Object.keys(all).sort());
  });
});
