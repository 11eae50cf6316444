import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openPlatform, openWorkspace } from '@sbmcrm/platform';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PROJECT } from './cli.ts';
import { drill } from './drill.ts';
import { shared } from './platform.ts';

const FILE = 'apps/api/src/http/idempotency.ts';
/** Where the file is inside a host, and where a broken copy of it. */
const PLACE = `/opt/sbmcrm/${FILE}`;
const BROKEN = '/tmp/broken.ts';

interface Server {
  name: string;
  initPid: number | null;
}
let servers: Server[] = [];

function inHost({ initPid }: Server, script: string, input?: string): void {
  const namespaces = ['--target', String(initPid), '--user', '--mount', '--pid'];
  execFileSync('nsenter', [...namespaces, '--', 'sh', '-c', script], { input });
}

/** Starts every API server anew, with what is now in the file's place. */
async function restart(): Promise<void> {
  for (const { name } of servers) {
    expect((await shared.run('exec', name, '--', 'sv', '-w', '120', 'restart', '/run/service/api')).code).toBe(0);
  }
  expect((await shared.up()).code).toBe(0); // puts them back into rotation at once
  await shared.healthy();
}

/** Puts a changed source file in its place on every API server, until it is mended or its host stops. */
async function breakApi(change: (text: string) => string): Promise<void> {
  const original = readFileSync(join(PROJECT, FILE), 'utf8');
  const broken = change(original);
  expect(broken).not.toBe(original);
  for (const server of servers) {
    // The machine's files are not there inside: the text goes in through standard input.
    inHost(server, `umount ${PLACE} 2>/dev/null; cat > ${BROKEN} && mount --bind ${BROKEN} ${PLACE}`, broken);
  }
  await restart();
}

beforeAll(async () => {
  expect((await shared.up()).code).toBe(0);
  await shared.healthy();
  const { cloud } = openPlatform(openWorkspace({ state: shared.state, spec: 'sbmcrm.yaml' }));
  servers = (await cloud.listHosts()).filter((host) => host.services.some(({ name }) => name === 'api'));
});

afterAll(async () => {
  for (const server of servers) inHost(server, `umount ${PLACE} || true`);
  await restart();
});

/** Whether a drill would find it: each is broken in a way that no test of the API alone shows under load. */
describe('a broken API', () => {
  it('that does not look at keys applies writes twice, and fails the drill', async () => {
    await breakApi((text) => text.replace(/if \(!\(await claim\(tx, request, waiting\)\)\) return .*;\n/, ''));
    const report = await drill(shared, 'api-crash');
    expect(report).toMatchObject({ verdict: 'fail', code: 1 });
    expect(report.consistency.duplicated).toBeGreaterThan(0);
    expect(report.reason).toMatch(/applied more than once/);
  });

  it('that acknowledges before it commits loses writes with its process, and fails the drill', async () => {
    // So long before that a dozen such writes are under way on the server that is killed.
    await breakApi((text) =>
      text.replace(
        'export async function once(',
        `export async function once(...[primary, request, effect]: Parameters<typeof committedOnce>) {
  return new Promise<Awaited<ReturnType<typeof committedOnce>>>((resolve, reject) => {
    committedOnce(primary, request, async (tx) => {
      const answer = await effect(tx);
      resolve({ value: { ...answer, replayed: false }, position: { timeline: 1, lsn: 0n } });
      await new Promise((next) => setTimeout(next, 800));
      return answer;
    }).then(resolve, reject);
  });
}
async function committedOnce(`,
      ),
    );
    const report = await drill(shared, 'api-crash', '--set', 'database.replicationMode=sync');
    expect(report).toMatchObject({ verdict: 'fail', code: 1 });
    expect(report.consistency.lost).toBeGreaterThan(0);
    expect(report.reason).toMatch(/acknowledged writes lost/);
  });
});
