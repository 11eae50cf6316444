import type { Server } from 'node:net';

/** Servers at ports of one address, as many as are wanted. */
export class Listeners {
  readonly #open = new Map<number, Server>();

  /**
   * Opens what is missing, and closes the others.
   *
   * @param make a server for a port
   * @throws Error in one line where a port is taken, once the others are open
   */
  async keep(ports: readonly number[], host: string, make: (port: number) => Server): Promise<void> {
    for (const [port, server] of this.#open) {
      if (ports.includes(port)) continue;
      server.close();
      this.#open.delete(port);
    }
    let failure: unknown;
    for (const port of ports) {
      if (this.#open.has(port)) continue;
      const server = make(port);
      await listen(server, port, host).then(
        () => this.#open.set(port, server),
        (error: unknown) => {
          failure ??= error;
        },
      );
    }
    if (failure) throw failure;
  }

  close(): void {
    for (const server of this.#open.values()) server.close();
  }
}

/** @throws Error where the port is taken */
export function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host }, () => {
      server.off('error', reject);
      server.on('error', (error) => console.error(`relay: ${error.message}`));
      resolve();
    });
  });
}
