import type { Server } from 'node:net';
import { readJson, writeJson } from '@sbmcrm/local/files';
import type { StatePaths } from '@sbmcrm/local/state';
import { firstThatAnswers, forwarder } from './forward.ts';
import { listen } from './listeners.ts';
import type { RelaySetting } from './setting.ts';

const HERE = '127.0.0.1';

/** What of a platform this machine shows on its own address. */
export class Shown {
  readonly #paths: Pick<StatePaths, 'published'>;
  readonly #setting: () => RelaySetting;
  readonly #open = new Map<string, Server>();

  constructor(paths: Pick<StatePaths, 'published'>, setting: () => RelaySetting) {
    this.#paths = paths;
    this.#setting = setting;
  }

  /** Opens and closes it. A port that is taken is another one, the same as long as it is free. @throws Error where it cannot be kept */
  async show(): Promise<void> {
    const { published } = this.#setting();
    for (const [name, server] of this.#open) {
      if (published[name]) continue;
      server.close();
      this.#open.delete(name);
    }
    const before = readJson<Record<string, number>>(this.#paths.published) ?? {};
    const ports: Record<string, number> = {};
    for (const [name, { port }] of Object.entries(published)) {
      const server = this.#open.get(name) ?? (await this.#begin(name, [before[name] ?? port, port, 0]));
      const address = server.address();
      if (typeof address === 'object' && address) ports[name] = address.port;
    }
    writeJson(this.#paths.published, ports);
  }

  /** On the first port that is free. */
  async #begin(name: string, ports: readonly number[]): Promise<Server> {
    for (const port of ports) {
      const server = forwarder(
        () => true,
        () => firstThatAnswers(this.#setting().published[name]?.targets ?? []),
      );
      try {
        await listen(server, port, HERE);
        this.#open.set(name, server);
        return server;
      } catch (error) {
        if (port === 0) throw error;
      }
    }
    throw new Error(`no port of ${HERE} is free`);
  }

  close(): void {
    for (const server of this.#open.values()) server.close();
  }
}
