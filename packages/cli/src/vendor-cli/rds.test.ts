import { parseSpec } from '@sbmcrm/spec';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../exit.ts';
import { hostOfNode, nodeId, rdsInstance, requireInstance } from './rds.ts';

const spec = parseSpec('platform: sbmcrm', 'test.yaml');
const member = { timeline: 1, lagBytes: 0, lagSeconds: 0 };
const members = [
  { ...member, name: 'postgres-a', zone: 'a', role: 'primary', state: 'running' },
  { ...member, name: 'postgres-b', zone: 'b', role: 'standby', state: 'starting' },
  { ...member, name: 'replica-a', zone: 'a', role: 'replica', state: 'unknown' },
] as const;
const seen = { primary: 'postgres-a', replicationMode: 'async', protected: false, members: [...members] } as const;

describe('nodeId', () => {
  it('has the vendor’s form, and is the same every time', () => {
    expect(nodeId('sbmcrm', 'postgres-a')).toMatch(/^[0-9a-f]{32}no03$/);
    expect(nodeId('sbmcrm', 'postgres-a')).toBe(nodeId('sbmcrm', 'postgres-a'));
  });

  it('differs by host and by platform', () => {
    const ids = [nodeId('sbmcrm', 'postgres-a'), nodeId('sbmcrm', 'postgres-b'), nodeId('other', 'postgres-a')];
    expect(new Set(ids).size).toBe(3);
  });
});

describe('rdsInstance', () => {
  it('says it in the vendor’s words', () => {
    const { nodes, ...rest } = rdsInstance(spec, { ...seen, members: [...members] });
    expect(rest).toEqual({
      id: 'sbmcrm-postgresql',
      name: 'sbmcrm-postgresql',
      type: 'Ha',
      status: 'ACTIVE',
      region: 'ap-southeast-1',
      flavor_ref: 'rds.pg.c2.xlarge',
    });
    expect(nodes.map((node) => [node.name, node.availability_zone, node.role, node.status])).toEqual([
      ['postgres-a', 'ap-southeast-1a', 'master', 'ACTIVE'],
      ['postgres-b', 'ap-southeast-1b', 'slave', 'REBOOTING'],
      ['replica-a', 'ap-southeast-1a', 'readreplica', 'FAILED'],
    ]);
  });

  it('has failed without a master', () => {
    expect(rdsInstance(spec, { ...seen, members: [], primary: null }).status).toBe('FAILED');
  });
});

describe('ids', () => {
  const hosts = members.map(({ name }) => name);

  it('lead to their host, and the alias to whichever is the standby', () => {
    expect(hostOfNode('sbmcrm', hosts, nodeId('sbmcrm', 'postgres-b'))).toBe('postgres-b');
    expect(hostOfNode('sbmcrm', hosts, 'standby-node-id')).toBeUndefined();
    expect(() => requireInstance('sbmcrm-postgresql')).not.toThrow();
  });

  it.each(['', 'postgres-b', nodeId('other', 'postgres-b')])('node "%s" is refused', (id) => {
    expect(() => hostOfNode('sbmcrm', hosts, id)).toThrow(UsageError);
  });

  it('another instance is refused, and the right one named', () => {
    expect(() => requireInstance('sbmcrm-mysql')).toThrow(/"sbmcrm-mysql": the only instance is sbmcrm-postgresql$/);
  });
});
