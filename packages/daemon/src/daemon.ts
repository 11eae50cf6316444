import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Attached, BackendRegistry } from '@sbmcrm/engines/backends';
import { imageRecipe } from '@sbmcrm/engines/catalog';
import { codeVersion } from '@sbmcrm/local/code-version';
import { runDaemon } from '@sbmcrm/local/daemon';
import { readJson, writeJson } from '@sbmcrm/local/files';
import { StatePaths } from '@sbmcrm/local/state';
import { DAEMON } from './index.ts';
import { Relay } from './relay/index.ts';
import { RoleWatch } from './roles.ts';

// Where this machine's provider and the engines of its hosts meet: neither knows the other. Started by `startDaemon`, never by hand.

const { values } = parseArgs({
  options: { state: { type: 'string' }, code: { type: 'string' }, supervisor: { type: 'string' } },
});
const paths = new StatePaths(values.state ?? '');

const relay = new Relay(paths);
const code = values.code ?? '';

await runDaemon({
  paths,
  codeRoot: code,
  code: codeVersion(DAEMON.rooms),
  supervisor: Number(values.supervisor),
  recipe: imageRecipe(),
  backends: (hosts) =>
    new BackendRegistry(hosts, {
      load: () => readJson<Attached[]>(paths.backends),
      save: (attached) => writeJson(paths.backends, attached),
    }),
  task: (name, due) => [join(code, 'sbmcrm'), 'schedule', 'run', name, '--due', due, '--state', paths.root],
  relay,
  roles: (hosts) => new RoleWatch(paths, hosts),
}).catch((error: Error) => {
  console.error(`${new Date().toISOString()} ${error.message}`);
  process.exit(1);
});
