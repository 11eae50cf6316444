import { startAgent } from './agent.ts';
import { createApp } from './app.ts';
import { type Config, ConfigError, parseConfig, withSecretsFile } from './config.ts';
import { databasePasswords } from './db/options.ts';
import { drain } from './drain.ts';
import { Lifecycle } from './lifecycle.ts';
import { describeError } from './log.ts';
import { startMaintenance } from './maintenance.ts';
import { createServer, registerRoutes } from './server.ts';
import { becomeReady } from './startup.ts';

const config = readConfig();
const server = createServer(config);
const { log } = server;

// Whoever supervises starts a fresh process; this one's state cannot be trusted.
const die = (message: string) => (error: unknown) => {
  log.fatal({ error: describeError(error) }, message);
  process.exit(1);
};
process.on('uncaughtException', die('uncaught exception'));
process.on('unhandledRejection', die('unhandled rejection'));

const lifecycle = new Lifecycle();
const app = createApp(config, lifecycle, log);
registerRoutes(server, app);
const agent = await startAgent(config.HOST, config.AGENT_PORT, {
  state: () => lifecycle.state,
  limit: () => app.entrance.limit(app.rooms),
});
await server.listen({ host: config.HOST, port: config.PORT, backlog: 1024, listenTextResolver: () => 'listening' });

async function stop(signal: NodeJS.Signals): Promise<void> {
  if (!lifecycle.isLeaving) log.info({ signal }, 'draining');
  const outcome = await drain({
    lifecycle,
    delayMs: config.DRAIN_DELAY_MS,
    deadlineMs: config.DRAIN_DEADLINE_MS,
    closeServer: () => server.close(),
    closeRest: async () => {
      agent.close();
      app.cache.end();
      await Promise.all([app.primary.end(), app.reads.end()]);
    },
  });
  if (outcome === 'again') return;
  if (outcome === 'cut') log.warn({}, 'drain deadline passed: open requests are cut');
  else log.info({}, 'drained');
  process.exit(outcome === 'cut' ? 1 : 0);
}
// New passwords: connections that there are go on, new ones log in with them.
process.on('SIGHUP', () => {
  try {
    const changed = parseConfig(withSecretsFile(process.env));
    app.passwords.use(databasePasswords(changed));
    app.cache.use(changed);
    log.info({}, 'secrets read again');
  } catch (error) {
    const reason = error instanceof ConfigError ? error.message : describeError(error);
    log.error({ reason }, 'the secrets stay as they were');
  }
});
process.on('SIGTERM', (signal) => void stop(signal));
process.on('SIGINT', (signal) => void stop(signal));

await becomeReady(app, log);
startMaintenance(app, log);

function readConfig(): Config {
  try {
    return parseConfig(withSecretsFile(process.env));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const problem of error.problems) process.stderr.write(`${problem}\n`);
    process.exit(2);
  }
}
