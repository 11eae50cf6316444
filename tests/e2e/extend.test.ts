import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { PlatformStatus } from '@sbmcrm/platform';
import type { RunReport } from '@sbmcrm/report';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CliResult, eventually, sbmcrm } from './cli.ts';
import { copyProject } from './copy.ts';
import { COPY, other, UNWATCHED } from './platform.ts';

const PORT = 9999;

/** An engine: a folder. It serves one page on each cache host. */
const ENGINE = `import { runScript } from '../common/context.ts';
import type { Engine } from '../common/engine.ts';
import { probeHttp } from '@sbmcrm/http';

export const toy: Engine = {
  packages: [],
  member: {
    title: 'every toy answers',
    problem: 'TOY_UNHEALTHY',
    isHealthy: async (host) => (await probeHttp(\`http://\${host.address}:${PORT}/\`))?.status === 200,
  },
  render: () => ({
    name: 'toy',
    run: runScript('mkdir -p /tmp/toy', 'exec chpst -u nobody python3 -m http.server --directory /tmp/toy ${PORT}'),
    files: [],
  }),
  stop: { wave: 'front', withinMs: 500 },
};
`;

/** A kind of fault: a file. */
const FAULT = `import { settleAll } from '@sbmcrm/errors';
import type { FaultKindDefinition } from '../kind.ts';
import { serviceOf, signalService, supervise } from '../services.ts';

export const unplug: FaultKindDefinition = {
  takes: ['service'],
  about: 'switched off until the fault is cleared',
  apply: ({ target, hosts }, tools) =>
    settleAll(hosts, async (host) => {
      await supervise(tools, host, serviceOf(target) ?? '', 'down');
      await signalService(tools, host, serviceOf(target) ?? '', 'SIGKILL');
    }),
  undo: ({ target, hosts }, tools) =>
    settleAll(hosts, (host) => supervise(tools, host, serviceOf(target) ?? '', 'up')),
};
`;

/** A drill: a file, and nothing else. */
const DRILL = `import { type Drill, requestGoal } from '../run/drill.ts';
import { verifyReconnection } from '../run/steps.ts';

const drill: Drill = {
  name: 'toy-loss',
  title: 'A toy is unplugged: nobody misses it',
  goalMs: requestGoal,
  async run(test) {
    await test.step('Unplug a toy', 'it is gone', async () => {
      await test.inject({ kind: 'unplug', target: 'redis-b/toy' });
      return 'unplugged redis-b/toy';
    });
    await test.until('See that it is missing', 'TOY_UNHEALTHY', 30_000, async () => {
      const { problems } = await test.status();
      const codes = problems.map(({ code }) => code).join(', ');
      return { ok: codes.includes('TOY_UNHEALTHY'), observed: codes };
    });
    await verifyReconnection(test);
  },
};
export default drill;
`;

/** Puts text before or after a place in a file of the copy. @throws Error where the place is not there any more */
function edit(path: string, place: string, text: string): void {
  const file = join(COPY, path);
  const before = readFileSync(file, 'utf8');
  if (!before.includes(place)) throw new Error(`${path} has no "${place}"`);
  writeFileSync(file, before.replace(place, text));
}

function add(path: string, content: string): void {
  mkdirSync(dirname(join(COPY, path)), { recursive: true });
  writeFileSync(join(COPY, path), content);
}

const run = (...[command = '', ...rest]: string[]): Promise<CliResult> =>
  sbmcrm([command, '--state', other.state, '--spec', UNWATCHED, ...rest], {
    cwd: COPY,
    cli: join(COPY, 'packages/cli/bin/sbmcrm.js'),
  });

// Minutes: a platform of its own. `npm test -- long` has it.
describe.runIf(process.env.SBMCRM_LONG)(
  'a copy of the project with an engine, a kind of fault and a drill more',
  () => {
    beforeAll(async () => {
      copyProject();
      add('packages/engines/src/toy/index.ts', ENGINE);
      edit(
        'packages/engines/src/catalog.ts',
        'import { redis',
        "import { toy } from './toy/index.ts';\nimport { redis",
      );
      edit('packages/engines/src/catalog.ts', '  api,\n', '  api,\n  toy,\n');
      edit('packages/topology/src/topology.ts', "| 'api';", "| 'api' | 'toy';");
      edit('packages/topology/src/topology.ts', "cache: ['redis']", "cache: ['redis', 'toy']");
      add('packages/local/src/faults/kinds/unplug.ts', FAULT);
      edit(
        'packages/local/src/faults/registry.ts',
        'import { cut }',
        "import { unplug } from './kinds/unplug.ts';\nimport { cut }",
      );
      edit('packages/local/src/faults/registry.ts', 'slow, fill }', 'slow, fill, unplug }');
      add('packages/drills/src/drills/toy-loss.ts', DRILL);
    });

    afterAll(async () => {
      await run('down', '--purge');
      rmSync(COPY, { recursive: true, force: true });
    });

    it('has right types', () => {
      execFileSync(join(COPY, 'node_modules/.bin/tsc'), ['--noEmit'], { cwd: COPY, encoding: 'utf8' });
    });

    it('runs the engine: `up` waits for it, `status` and `logs` know it', async () => {
      const { code, stderr } = await run('up', '--network', other.network);
      expect(stderr).toMatch(/✔ every toy answers/);
      expect(code).toBe(0);
      const status = JSON.parse((await run('status', '--json')).stdout) as PlatformStatus;
      expect(status).toMatchObject({ state: 'healthy', problems: [] });
      expect(status.hosts.find(({ name }) => name === 'redis-b')?.services).toContainEqual(
        expect.objectContaining({ name: 'toy', state: 'up' }),
      );
      expect((await run('logs', 'redis-b/toy')).stdout).toMatch(/GET \/ HTTP/);
    });

    it('injects and clears the fault, and its help tells of it', async () => {
      expect((await run('fault', 'inject', '--help')).stdout).toMatch(
        /unplug +HOST\/SERVICE\n +switched off until the fault is cleared/,
      );
      expect((await run('fault', 'inject', 'unplug', 'redis-a')).code).toBe(2);
      expect((await run('fault', 'inject', 'unplug', 'redis-a/toy')).code).toBe(0);
      const codes = async () =>
        (JSON.parse((await run('status', '--json')).stdout) as PlatformStatus).problems.map(({ code }) => code);
      await eventually('the toy is missed', async () => (await codes()).includes('TOY_UNHEALTHY'));
      expect((await run('fault', 'clear', 'all')).code).toBe(0);
      await eventually('all is well again', async () => (await codes()).length === 0);
    });

    it('runs the drill', async () => {
      const { stdout } = await run('drill', 'run', 'toy-loss', '--json', '--rate', '25', '--dwell', '3s');
      const { drill, verdict, reason } = JSON.parse(stdout.split('\n')[0] ?? '') as RunReport;
      expect({ drill, verdict, reason }).toEqual({ drill: 'toy-loss', verdict: 'pass' });
    });
  },
);
