import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openPlatform, openWorkspace } from '@sbmcrm/platform';
import { beforeAll, describe, expect, it } from 'vitest';
import { PROJECT } from './cli.ts';
import { drill } from './drill.ts';
import { shared } from './platform.ts';

/** Puts a changed source file in its place on every API server, for as long as the hosts run. */
async function breakApi(file: string, change: (text: string) => string): Promise<() => Promise<void>> {
  const { cloud } = openPlatform(openWorkspace({ state: shared.state, spec: 'sbmcrm.yaml' }));
  const original = readFileSync(join(PROJECT, file), 'utf8');
  const broken = change(original);
  expect(broken).not.toBe(original);
  const servers = (await cloud.listHosts()).filter((host) => host.services.some(({ name }) => name === 'api'));
  const restart = async () => {
    for (const { name } of servers)
      await shared.run('exec', name, '--', 'sv', '-w', '40', 'restart', '/run/service/api');
    await shared.healthy();
  };
  const inHost = (pid: number | null, command: string[], input?: string) =>
    execFileSync('nsenter', ['--target', String(pid), '--mount', '--pid', '--', ...command], { input });
  for (const { initPid } of servers) {
    // The machine's files are not there inside: the text goes in through standard input.
    inHost(initPid, ['sh', '-c', 'cat > /tmp/broken.ts'], broken);
    inHost(initPid, ['mount', '--bind', '/tmp/broken.ts', `/opt/sbmcrm/${file}`]);
  }
  await restart();
  return async () => {
    for (const { initPid } of servers) inHost(initPid, ['umount', `/opt/sbmcrm/${file}`]);
    await restart();
  };
}

beforeAll(async () => {
  expect((await shared.up()).code).toBe(0);
  await shared.healthy();
});

/** Whether a drill would find it: each is broken in a way that no test of the API alone shows under load. */
describe('a broken API', () => {
  it('that does not look at keys applies writes twice, and fails the drill', async () => {
    const mend = await breakApi('apps/api/src/http/idempotency.ts', (text) =>
      text.replace(/if \(!\(await claim\(tx, request, waiting\)\)\) return .*;\n/, ''),
    );
    try {
      const report = await drill(shared, 'api-crash');
      expect(report).toMatchObject({ verdict: 'fail', code: 1 });
      expect(report.consistency.duplicated).toBeGreaterThan(0);
      expect(report.reason).toMatch(/applied more than once/);
    } finally {
      await mend();
    }
  });

  it('that acknowledges before it commits loses writes with its process, and fails the drill', async () => {
    const mend = await breakApi('apps/api/src/http/idempotency.ts', (text) =>
      text.replace(
        'export async function once(',
        `export async function once(...[primary, request, effect]: Parameters<typeof committedOnce>) {
  return new Promise<Awaited<ReturnType<typeof committedOnce>>>((resolve, reject) => {
    committedOnce(primary, request, async (tx) => {
      const answer = await effect(tx);
      resolve({ value: { ...answer, replayed: false }, position: { timeline: 1, lsn: 0n } });
      await new Promise((next) => setTimeout(next, 200));
      return answer;
    }).then(resolve, reject);
  });
}
async function committedOnce(`,
      ),
    );
    try {
      const report = await drill(shared, 'api-crash', '--set', 'database.replicationMode=sync');
      expect(report).toMatchObject({ verdict: 'fail', code: 1 });
      expect(report.consistency.lost).toBeGreaterThan(0);
      expect(report.reason).toMatch(/acknowledged writes lost/);
    } finally {
      await mend();
    }
  });
});
