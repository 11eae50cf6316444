import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CliResult, PROJECT } from './cli.ts';
import { shared } from './platform.ts';

/** The guide's command line, as `npx` finds it. */
const GUIDE = 'huaweicloud rds failover --instance-id sbmcrm-postgresql --node-id standby-node-id';

interface Node {
  id: string;
  name: string;
  availability_zone: string;
  role: string;
  status: string;
}

/** Runs a line that begins with `huaweicloud`, on the tests' platform. Never throws. */
function run(line: string): Promise<CliResult> {
  const [program = '', ...args] = line.split(' ');
  const command = join(PROJECT, 'node_modules/.bin', program);
  return new Promise((done) => {
    execFile(command, [...args, '--state', shared.state], { cwd: PROJECT }, (error, stdout, stderr) => {
      done({ code: error ? (typeof error.code === 'number' ? error.code : 1) : 0, stdout, stderr });
    });
  });
}

async function listNodes(): Promise<Node[]> {
  const { stdout } = await run('huaweicloud rds list-nodes --instance-id sbmcrm-postgresql --json');
  return (JSON.parse(stdout) as { nodes: Node[] }).nodes;
}

async function nodeIn(role: string): Promise<Node> {
  const node = (await listNodes()).find((each) => each.role === role);
  if (!node) throw new Error(`no node is ${role}`);
  return node;
}

beforeAll(async () => {
  expect((await shared.up()).code).toBe(0);
  await shared.healthy();
});

afterAll(async () => {
  await shared.healthy();
});

describe('huaweicloud rds', () => {
  it('lists the four nodes with ids in the vendor’s form, zones and roles', async () => {
    // On a busy machine one look may come too soon for an answer of Patroni's.
    const { primary } = (await shared.healthy()).database;
    const nodes = await listNodes();
    for (const { id } of nodes) expect(id).toMatch(/^[0-9a-f]{32}no03$/);
    expect(new Set(nodes.map((node) => node.id)).size).toBe(4);
    expect(nodes.map((node) => [node.name, node.availability_zone, node.status]).sort()).toEqual([
      ['postgres-a', 'ap-southeast-1a', 'ACTIVE'],
      ['postgres-b', 'ap-southeast-1b', 'ACTIVE'],
      ['replica-a', 'ap-southeast-1a', 'ACTIVE'],
      ['replica-b', 'ap-southeast-1b', 'ACTIVE'],
    ]);
    expect(nodes.map((node) => node.role).sort()).toEqual(['master', 'readreplica', 'readreplica', 'slave']);
    expect((await nodeIn('master')).name).toBe(primary);
    const { stdout } = await run('huaweicloud rds list-nodes --instance-id sbmcrm-postgresql');
    for (const { id } of nodes) expect(stdout).toContain(id);
  });

  it('lists the one instance', async () => {
    const { code, stdout } = await run('huaweicloud rds list-instances');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^sbmcrm-postgresql +Ha +ACTIVE +ap-southeast-1 +rds\.pg\.c2\.xlarge +4$/m);
  });

  it('makes the standby the master by the line of the guide', async () => {
    const standby = await nodeIn('slave');
    const { code, stdout, stderr } = await run(GUIDE);
    expect(stderr).toMatch(new RegExp(`→ ${standby.name}`));
    expect(code).toBe(0);
    expect(stdout).toContain(`The master of sbmcrm-postgresql is ${standby.name}, node ${standby.id} `);
    expect((await shared.healthy()).database.primary).toBe(standby.name);
    expect((await nodeIn('master')).id).toBe(standby.id);
  });

  it('takes the standby’s own id too', async () => {
    const standby = await nodeIn('slave');
    const { code, stdout } = await run(`${GUIDE.replace('standby-node-id', standby.id)} --json`);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ nodeId: standby.id, operation: 'failover', to: standby.name });
    expect((await shared.healthy()).database.primary).toBe(standby.name);
  });

  it('refuses what is no instance and no node, in one line', async () => {
    for (const [line, message] of [
      [GUIDE.replace('sbmcrm-postgresql', 'sbmcrm-mysql'), /^huaweicloud: --instance-id "sbmcrm-mysql": .+\n$/],
      [GUIDE.replace('standby-node-id', 'postgres-b'), /^huaweicloud: --node-id "postgres-b": .+list-nodes.+\n$/],
      ['huaweicloud rds list-nodes --instance-id x', /^huaweicloud: --instance-id "x": .+\n$/],
      ['huaweicloud rds failover --instance-id sbmcrm-postgresql', /--node-id <id>' not specified/],
    ] as const) {
      const { code, stdout, stderr } = await run(line);
      expect([code, stdout]).toEqual([2, '']);
      expect(stderr).toMatch(message);
    }
  });

  it('does not promote the master again, nor a read replica', async () => {
    for (const [role, message] of [
      ['master', /^huaweicloud: \S+ is the database's primary already\n$/],
      ['readreplica', /^huaweicloud: \S+ is a read replica and is never promoted .+\n$/],
    ] as const) {
      const { code, stderr } = await run(GUIDE.replace('standby-node-id', (await nodeIn(role)).id));
      expect(code).toBe(1);
      expect(stderr).toMatch(message);
    }
  });
});
