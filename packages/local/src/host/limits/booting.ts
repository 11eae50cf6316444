import type { HostDefinition } from '@sbmcrm/cloud';

/** A start has done its heavy part by then. */
const BOOT_MS = 10_000;
/** Until then its share of the processors counts so much less. */
const SHARE = 1 / 4;

export interface BootingOptions {
  definitions(): Pick<HostDefinition, 'name' | 'services' | 'size'>[];
  /** Names of hosts that run. */
  running(): Promise<readonly string[]>;
  /** Sets a host's share of the processors to so much of what is its own; nothing happens where it does not run any more. */
  weigh(host: string, share: number): void;
}

/**
 * Keeps hosts that start from taking the time of those that do the same work already: at a data centre each has processors of its own,
 * and a zone that comes back makes those that carry its load no slower. Where nobody else does its work, all wait for a host, and it
 * has its whole share at once.
 */
export class Booting {
  readonly #options: BootingOptions;
  readonly #booting = new Map<string, NodeJS.Timeout>();

  constructor(options: BootingOptions) {
    this.#options = options;
  }

  /** Gives all that run their whole share: whoever was to do it may have ended before. */
  async settle(): Promise<void> {
    for (const name of await this.#options.running()) this.#options.weigh(name, 1);
  }

  /** To be told of each host that was just started. */
  async started(name: string): Promise<void> {
    clearTimeout(this.#booting.get(name));
    const raise = () => {
      this.#booting.delete(name);
      this.#options.weigh(name, 1);
    };
    this.#booting.set(name, setTimeout(raise, BOOT_MS).unref());
    const running = new Set(await this.#options.running());
    const all = this.#options.definitions();
    const servicesOf = (host?: Pick<HostDefinition, 'services'>) => host?.services.map((service) => service.name) ?? [];
    const own = all.find((each) => each.name === name);
    const isServed = all.some(
      (each) =>
        each.name !== name &&
        running.has(each.name) &&
        !this.#booting.has(each.name) &&
        servicesOf(own).every((service) => servicesOf(each).includes(service)),
    );
    if (isServed && own?.size.urgent !== true && this.#booting.has(name)) this.#options.weigh(name, SHARE);
  }

  close(): void {
    for (const timer of this.#booting.values()) clearTimeout(timer);
  }
}
