import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { clockMs } from './history.ts';
import { LATE_MS, openLoop } from './open-loop.ts';
import { isWrite, planOperation } from './operations.ts';
import { prepare, type Stage } from './prepare.ts';
import type { FromLoad, LiveFigures, LoadSetting, ToLoad } from './protocol.ts';
import { seeded } from './random.ts';

/**
 * The load's own process, outside the platform's hosts: what a drill watches and what it measures do not wait for each other.
 * Started by `Load` and never by hand; it ends with its parent.
 */
const FIGURES_INTERVAL_MS = 250;

const stopping = new AbortController();
let begin: () => void = () => {};
const begun = new Promise<void>((resolve) => {
  begin = resolve;
});
const tell = (message: FromLoad) => process.send?.(message);

process.on('disconnect', () => process.exit(1));
process.on('message', (message: ToLoad) => {
  if (message.type === 'prepare') {
    work(message.setting).catch((error: Error) => {
      tell({ type: 'problem', message: error.message });
    });
  } else if (message.type === 'begin') begin();
  else stopping.abort();
});

async function work(setting: LoadSetting): Promise<void> {
  const stage = await prepare(setting);
  tell({ type: 'ready' });
  await begun;
  await load(setting, stage);
  await stage.http.close();
  tell({ type: 'done' });
}

/** Sends until it is told to stop, then waits for every answer and writes the history's last line. */
async function load(setting: LoadSetting, { users, customers }: Stage): Promise<void> {
  const random = seeded(setting.seed);
  const history = createWriteStream(setting.historyFile, { flags: 'wx', mode: 0o600 });
  const figures: LiveFigures = {
    sent: 0,
    ok: 0,
    failed: 0,
    retried: 0,
    late: 0,
    inFlight: 0,
    writes: 0,
    lastWriteMs: 0,
  };
  const timer = setInterval(() => tell({ type: 'figures', figures }), FIGURES_INTERVAL_MS);
  const underWay = new Set<Promise<void>>();

  const send = (index: number, dueMs: number) => {
    const plan = planOperation(random, users.length, customers.length);
    const user = users[plan.user];
    if (!user) return;
    figures.sent++;
    if (clockMs() - dueMs > LATE_MS) figures.late++;
    const operation = user.perform(index, plan, `${setting.runId}-${index}`, dueMs).then((done) => {
      history.write(`${JSON.stringify(done)}\n`);
      if (done.attempts > 1) figures.retried++;
      if (done.outcome === 'failed') figures.failed++;
      else figures.ok++;
      if (done.outcome === 'ok' && isWrite(done.kind)) {
        figures.writes++;
        figures.lastWriteMs = done.endMs;
      }
    });
    underWay.add(operation);
    figures.inFlight = underWay.size;
    void operation.finally(() => {
      underWay.delete(operation);
      figures.inFlight = underWay.size;
    });
  };

  tell({ type: 'begun', atMs: clockMs() });
  await openLoop(setting.rate, send, stopping.signal, clockMs);
  // Each ends by its own deadline.
  while (underWay.size > 0) await Promise.race(underWay);
  clearInterval(timer);
  tell({ type: 'figures', figures });
  history.end();
  await finished(history);
}
