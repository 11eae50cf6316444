import type { Secrets } from '@sbmcrm/engines';
import { parseSpec } from '@sbmcrm/spec';
import { planTopology } from '@sbmcrm/topology';
import { describe, expect, it } from 'vitest';
import { hostDefinition } from './definitions.ts';
import { stopTimeoutMs } from './down-plan.ts';

const spec = parseSpec('monitoring: { enabled: false }\n', 'test.yaml');
const topology = planTopology(spec);
const secrets: Secrets = {
  adminEmail: 'admin@sbmcrm.internal',
  adminPassword: 'x',
  postgresSuperuser: 'x',
  postgresReplication: 'x',
  postgresRewind: 'x',
  postgresApplication: 'x',
  patroniApi: 'x',
  redis: 'x',
  sentinel: 'x',
  holder: 'x',
  tls: { ca: '', serverCert: '', serverKey: '', clientCert: '', clientKey: '' },
};
const definitions = topology.hosts.map((host) => hostDefinition({ spec, topology, host, secrets }));
const names = (suits: (definition: (typeof definitions)[number]) => boolean) =>
  definitions.filter(suits).map(({ name }) => name);

describe('a host’s definition', () => {
  it('gives those that decide about others precedence', () => {
    expect(names(({ size }) => size.urgent === true)).toEqual(['lb-a', 'lb-b', 'quorum-a', 'quorum-b', 'quorum-c']);
  });
  it('gives addresses to load balancers alone, and the code to those that run some of it', () => {
    expect(names(({ networkAdmin }) => networkAdmin)).toEqual(['lb-a', 'lb-b']);
    expect(definitions.filter(({ code }) => !code).map(({ name }) => name)).toEqual(['redis-a', 'redis-b']);
  });
  it('gives those that keep data time to end', () => {
    const slow = definitions.filter((each) => stopTimeoutMs(stopping(each)) > 500).map(({ name }) => name);
    expect(slow).toEqual(['postgres-a', 'postgres-b', 'replica-a', 'replica-b', 'redis-a', 'redis-b']);
  });
});

function stopping({ services }: (typeof definitions)[number]): Parameters<typeof stopTimeoutMs>[0] {
  return { services: services.map(({ name }) => ({ name, state: 'up', pid: 1 })) };
}
