import { existsSync, statSync } from 'node:fs';
import { RELAY_PATHS } from '@sbmcrm/engines/relay';
import { writeJson } from '@sbmcrm/local/files';
import type { StatePaths } from '@sbmcrm/local/state';
import { type NetworkPlan, PORTS } from '@sbmcrm/topology';
import { dial, forwarder } from './forward.ts';
import { relayServer } from './http.ts';
import { Listeners } from './listeners.ts';
import { comesFrom, NOTHING, type RelaySetting, readSetting } from './setting.ts';
import { Shown } from './shown.ts';
import { Taker } from './taker.ts';
import { toldAlerts } from './told.ts';

/** A changed setting counts after so long, and what did not work is tried again. */
const LOOK_MS = 1000;
const MAIL_CONNECT_MS = 10_000;

/** The relay of a platform: what leaves it, what is told of it, and what of it this machine shows. */
export class Relay {
  readonly #paths: StatePaths;
  readonly #listeners = new Listeners();
  readonly #shown: Shown;
  readonly #taker: Taker;
  #setting: RelaySetting = NOTHING;
  #readAt = -1;
  #said = '';
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(paths: StatePaths) {
    this.#paths = paths;
    this.#shown = new Shown(paths, () => this.#setting);
    this.#taker = new Taker(paths, () => this.#setting);
  }

  /** Never throws: what does not work yet, such as a port that is taken, is tried again each second. */
  async start({ management }: NetworkPlan): Promise<void> {
    const setting = () => this.#setting;
    const http = () =>
      relayServer(setting, {
        [RELAY_PATHS.events]: async (body) => this.#taker.keep(toldAlerts(body)),
        [RELAY_PATHS.hook]: async (body) => this.#taker.runHook(toldAlerts(body)),
        [RELAY_PATHS.alive]: async () => {
          if (this.#isThere) writeJson(this.#paths.alertsAlive, { at: new Date().toISOString() });
          return 200;
        },
      });
    const mail = () =>
      forwarder(
        (from) => comesFrom(this.#setting, from),
        async () => (this.#setting.mail ? dial(this.#setting.mail, MAIL_CONNECT_MS) : undefined),
      );
    const look = async () => {
      await this.#look();
      const { from, mail: server } = this.#setting;
      // Only what is needed: another program may have the ports on all addresses.
      const wanted = from.length === 0 ? [] : [PORTS.relay, ...(server ? [PORTS.mailRelay] : [])];
      const all = server?.tls ? [...wanted, PORTS.mailRelayTls] : wanted;
      await this.#listeners.keep(all, management.gateway, (port) => (port === PORTS.relay ? http() : mail()));
      this.#said = '';
    };
    const again = async () => {
      await look().catch((error: Error) => {
        if (error.message !== this.#said) console.error(`relay: ${error.message}`);
        this.#said = error.message;
      });
      if (!this.#isClosed) this.#timer = setTimeout(() => void again(), LOOK_MS).unref();
    };
    await again();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#listeners.close();
    this.#shown.close();
  }

  /** Whoever deleted the platform's folder finds nothing new in it. */
  get #isThere(): boolean {
    return existsSync(this.#paths.platform);
  }

  /** Takes over a changed setting. */
  async #look(): Promise<void> {
    if (!this.#isThere) return;
    const changedAt = statSync(this.#paths.relay, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    if (changedAt === this.#readAt) return;
    this.#setting = readSetting(this.#paths.relay);
    await this.#shown.show();
    this.#readAt = changedAt;
  }
}
