import { statSync } from 'node:fs';
import type { Server } from 'node:net';
import { RELAY_PATHS } from '@sbmcrm/engines/relay';
import { appendEvent, readEvents } from '@sbmcrm/local/events';
import { readJson, writeJson } from '@sbmcrm/local/files';
import type { StatePaths } from '@sbmcrm/local/state';
import { type NetworkPlan, PORTS } from '@sbmcrm/topology';
import { dial, firstThatAnswers, forwarder } from './forward.ts';
import { Hook } from './hook.ts';
import { relayServer } from './http.ts';
import { comesFrom, NOTHING, type RelaySetting, readSetting } from './setting.ts';
import { type ToldAlert, toldAlerts } from './told.ts';

/** A changed setting counts after so long. */
const LOOK_MS = 1000;
const MAIL_CONNECT_MS = 10_000;
/** Events that are looked through for what was told before. */
const KNOWN_EVENTS = 2000;

/** The relay of a platform: what leaves it, what is told of it, and what of it this machine shows. */
export class Relay {
  readonly #paths: StatePaths;
  readonly #hook = new Hook();
  readonly #known: Set<string>;
  readonly #servers: Server[] = [];
  readonly #shown = new Map<string, Server>();
  #setting: RelaySetting = NOTHING;
  #readAt = -1;
  #timer: NodeJS.Timeout | undefined;

  constructor(paths: StatePaths) {
    this.#paths = paths;
    this.#known = new Set(
      readEvents(paths)
        .slice(-KNOWN_EVENTS)
        .flatMap(({ key }) => key ?? []),
    );
  }

  /** @throws Error where its ports are taken */
  async start({ management }: NetworkPlan): Promise<void> {
    const setting = () => this.#setting;
    await this.#look();
    const http = relayServer(setting, {
      [RELAY_PATHS.events]: async (body) => this.#keep(toldAlerts(body)),
      [RELAY_PATHS.hook]: async (body) => this.#runHook(toldAlerts(body)),
      [RELAY_PATHS.alive]: async () => {
        writeJson(this.#paths.alertsAlive, { at: new Date().toISOString() });
        return 200;
      },
    });
    const mail = () =>
      forwarder(
        (from) => comesFrom(this.#setting, from),
        async () => (this.#setting.mail ? dial(this.#setting.mail, MAIL_CONNECT_MS) : undefined),
      );
    for (const [server, port] of [
      [http, PORTS.relay],
      [mail(), PORTS.mailRelay],
      [mail(), PORTS.mailRelayTls],
    ] as const) {
      await listen(server, port, management.gateway);
      this.#servers.push(server);
    }
    this.#timer = setInterval(() => {
      this.#look().catch((error: Error) => console.error(`relay: ${error.message}`));
    }, LOOK_MS).unref();
  }

  close(): void {
    clearInterval(this.#timer);
    for (const server of [...this.#servers, ...this.#shown.values()]) server.close();
  }

  /** Takes over a changed setting. */
  async #look(): Promise<void> {
    const changedAt = statSync(this.#paths.relay, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    if (changedAt === this.#readAt) return;
    this.#setting = readSetting(this.#paths.relay);
    this.#readAt = changedAt;
    await this.#show();
  }

  /** Opens and closes what this machine shows. A port that is taken is another one, the same as long as it is free. */
  async #show(): Promise<void> {
    const { published } = this.#setting;
    for (const [name, server] of this.#shown) {
      if (published[name]) continue;
      server.close();
      this.#shown.delete(name);
    }
    const before = readJson<Record<string, number>>(this.#paths.published) ?? {};
    const ports: Record<string, number> = {};
    for (const [name, { port }] of Object.entries(published)) {
      let server = this.#shown.get(name);
      if (!server) {
        server = forwarder(
          () => true,
          () => firstThatAnswers(this.#setting.published[name]?.targets ?? []),
        );
        await listenAnywhere(server, [before[name] ?? port, port, 0]);
        this.#shown.set(name, server);
      }
      const address = server.address();
      if (typeof address === 'object' && address) ports[name] = address.port;
    }
    writeJson(this.#paths.published, ports);
  }

  /** Keeps what was not told before. */
  #keep(alerts: readonly ToldAlert[]): number {
    for (const { key, name, state, severity, host, zone, text } of alerts) {
      if (this.#known.has(key)) continue;
      appendEvent(this.#paths, {
        ...{ kind: 'alert', name, state, key, by: 'monitoring' },
        text: state === 'firing' ? text : `${name} is over`,
        ...(severity ? { severity } : {}),
        ...(host ? { host } : {}),
        ...(zone ? { zone } : {}),
      });
      this.#known.add(key);
    }
    for (const key of this.#known) {
      if (this.#known.size <= KNOWN_EVENTS) break;
      this.#known.delete(key);
    }
    return 200;
  }

  /** @returns 503 where it failed for one of them: Alertmanager tells it again */
  async #runHook(alerts: readonly ToldAlert[]): Promise<number> {
    const { hook } = this.#setting;
    if (hook.length === 0) return 200;
    let status = 200;
    for (const alert of alerts) {
      try {
        await this.#hook.run(hook, alert);
      } catch (error) {
        status = 503;
        const text = `${(error as Error).message} (for ${alert.name}, ${alert.state})`;
        appendEvent(this.#paths, { kind: 'hook', state: 'failed', by: 'alerts.hook', text });
      }
    }
    return status;
  }
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host }, () => {
      server.off('error', reject);
      server.on('error', (error) => console.error(`relay: ${error.message}`));
      resolve();
    });
  });
}

/** On the first port that is free. */
async function listenAnywhere(server: Server, ports: readonly number[]): Promise<void> {
  for (const port of ports) {
    try {
      return await listen(server, port, '127.0.0.1');
    } catch (error) {
      if (port === ports.at(-1)) throw error;
    }
  }
}
