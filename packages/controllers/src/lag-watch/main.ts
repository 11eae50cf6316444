import { readFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import { probeHttp } from '@sbmcrm/http';
import { type Known, lagOf, lagText, NOTHING_KNOWN, type Standing } from './lag.ts';

/**
 * Says on a database host whether what it shows is fresh enough to be read, in the words of HAProxy's agents:
 *
 *   main.ts SETTING
 *
 * @see https://docs.haproxy.org/3.0/configuration.html#5.2-agent-check
 */
const [settingFile = ''] = process.argv.slice(2);
if (!settingFile) throw new Error('usage: main.ts SETTING');

interface Setting {
  /** Of Patroni on this host. */
  url: string;
  address: string;
  port: number;
  /** What is older than this is not to be read. */
  maxLagMs: number;
  /** Where the lag itself is told, in Prometheus' form. */
  metrics?: { address: string; port: number };
}
const { url, address, port, maxLagMs, metrics } = JSON.parse(readFileSync(settingFile, 'utf8')) as Setting;

const LOOK_MS = 1000;
/** Looks without an answer, after which the lag is not known any more. */
const MOST_SILENT = 5;
const ANSWER_MS = 3000;
/** Load balancers and routers ask each second or two, and are gone with the answer. */
const MOST_CONNECTIONS = 64;
const CONNECTION_MS = 2000;

/** Patroni's `GET /patroni`, as far as it matters. */
interface Patroni {
  role?: string;
  replication_state?: string;
  xlog?: { received_location?: number; replayed_location?: number };
}

/** @returns undefined: it does not say */
async function look(): Promise<Standing | undefined> {
  const answer = await probeHttp(`${url}/patroni`, { timeoutMs: ANSWER_MS });
  const { role, replication_state, xlog } = (answer?.json ?? {}) as Patroni;
  if (role === 'primary' || role === 'master') return { state: 'primary', received: 0, replayed: 0 };
  const { received_location: received, replayed_location: replayed } = xlog ?? {};
  if (received === undefined || replayed === undefined) return undefined;
  if (replication_state === 'streaming') return { state: 'streaming', received, replayed };
  // 200: it has replayed what the primary wrote at last, as far as the primary could tell the cluster.
  const isComplete = (await probeHttp(`${url}/replica?lag=0`, { timeoutMs: ANSWER_MS }))?.status === 200;
  return { state: isComplete ? 'complete' : 'waiting', received, replayed };
}

let known: Known = NOTHING_KNOWN;
let isBehind = false;
let silentRounds = 0;
/** Undefined: it has not said anything yet. */
let lag: { seconds: number; bytes: number } | undefined;

async function round(): Promise<void> {
  const standing = await look();
  // Whoever says nothing is Patroni's own check to judge: it answers no more there, either.
  if (!standing) {
    silentRounds += 1;
    if (silentRounds > MOST_SILENT) lag = undefined;
    return;
  }
  silentRounds = 0;
  const seen = lagOf(known, standing, performance.now());
  known = seen.known;
  // Of one that never received anything nobody can tell how far it is behind.
  lag = !Number.isFinite(seen.lagMs)
    ? undefined
    : { seconds: seen.lagMs / 1000, bytes: Math.max(0, standing.received - standing.replayed) };
  const wasBehind = isBehind;
  // Back only once it has caught up well: at the bound it would come and go.
  isBehind = seen.lagMs > (wasBehind ? maxLagMs / 2 : maxLagMs);
  if (isBehind === wasBehind) return;
  const behind = Number.isFinite(seen.lagMs) ? `${Math.round(seen.lagMs / 1000)} s behind` : 'it receives nothing';
  console.log(isBehind ? `${behind}: nobody reads from here until it has caught up` : 'caught up: reads come back');
}

createServer((socket) => {
  socket.setTimeout(CONNECTION_MS, () => socket.destroy());
  socket.on('error', () => socket.destroy());
  socket.end(isBehind ? 'down\n' : 'up\n');
})
  .on('error', (error) => {
    console.error(`cannot listen: ${error.message}`);
    process.exit(1);
  })
  .listen(port, address).maxConnections = MOST_CONNECTIONS;

function tellLag({ address, port }: { address: string; port: number }): void {
  const server = createHttpServer((request, response) => {
    if (request.method !== 'GET' || request.url !== '/metrics') return void response.writeHead(404).end();
    response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(lag ? lagText(lag) : '');
  });
  server.maxConnections = MOST_CONNECTIONS;
  server.requestTimeout = CONNECTION_MS;
  // Readers are kept away from a server that is behind also where nobody can be told how far.
  server.on('error', (error) => console.error(`cannot tell the lag: ${error.message}`)).listen(port, address);
}
// A setting of an earlier version has no place for it.
if (metrics) tellLag(metrics);

for (;;) {
  await round().catch((error: Error) => console.error(`a look failed: ${error.message}`));
  await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
}
