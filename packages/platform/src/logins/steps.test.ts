import { describe, expect, it } from 'vitest';
import { loginSteps } from './steps.ts';

const REFUSED = {
  roles: [
    { role: 'replicator', reason: 'its password was changed' },
    { role: 'sbmcrm', reason: 'it may not log in' },
  ],
  caches: ['redis-a', 'redis-b'].map((host) => ({
    host,
    service: 'redis' as const,
    reason: 'login refused (WRONGPASS)',
  })),
};

describe('logins that are refused', () => {
  it('are set back on the primary, and in the caches that refuse, the primary last', () => {
    expect(loginSteps(REFUSED, 'postgres-b', 'redis-a')).toEqual([
      { do: 'set-logins', host: 'postgres-b', service: 'patroni', logins: ['replicator', 'sbmcrm'] },
      { do: 'set-logins', host: 'redis-b', service: 'redis', logins: ['default'] },
      { do: 'set-logins', host: 'redis-a', service: 'redis', logins: ['default'] },
    ]);
  });

  it('of the database wait for a primary', () => {
    expect(loginSteps(REFUSED, null, null).map(({ host }) => host)).toEqual(['redis-a', 'redis-b']);
  });

  it('are none where none are', () => {
    expect(loginSteps({ roles: [], caches: [] }, 'postgres-a', 'redis-a')).toEqual([]);
  });
});
