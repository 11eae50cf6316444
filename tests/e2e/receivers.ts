import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { SMTPServer } from 'smtp-server';

/** An alert of a message that somebody was sent. */
export interface Received {
  /** Where it was sent to. */
  path: string;
  authorization: string | undefined;
  name: string;
  state: 'firing' | 'resolved';
  zone?: string;
  host?: string;
  /** In milliseconds since the epoch. */
  atMs: number;
}

interface Posted {
  alerts: { status: 'firing' | 'resolved'; labels: { alertname: string; zone?: string; host?: string } }[];
}

const port = (server: { address(): unknown }) => (server.address() as AddressInfo).port;

/** Everybody who can be told of alerts: a web server, a mail server and a command, on this machine's loopback. */
export class Receivers {
  readonly posts: Received[] = [];
  readonly mails: { to: string[]; text: string }[] = [];
  readonly #folder: string;
  readonly #web: Server;
  readonly #mail: SMTPServer;

  /** @param folder for the hook and what it is given */
  constructor(folder: string) {
    this.#folder = folder;
    this.#web = createServer(async (incoming, answer) => {
      let text = '';
      for await (const part of incoming) text += part;
      const { authorization } = incoming.headers;
      for (const { status, labels } of (JSON.parse(text) as Posted).alerts) {
        const { alertname: name, zone, host } = labels;
        const received = { path: incoming.url ?? '', authorization, name, state: status, atMs: Date.now() };
        this.posts.push({ ...received, ...(zone ? { zone } : {}), ...(host ? { host } : {}) });
      }
      answer.end();
    });
    this.#mail = new SMTPServer({
      authOptional: true,
      disabledCommands: ['STARTTLS', 'AUTH'],
      onData: async (stream, session, done) => {
        let text = '';
        for await (const part of stream) text += part;
        this.mails.push({ to: session.envelope.rcptTo.map(({ address }) => address), text });
        done();
      },
    });
  }

  /** @returns the block of a spec that names them all */
  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#web.listen(0, '127.0.0.1', resolve));
    await new Promise<void>((resolve) => {
      this.#mail.listen(0, '127.0.0.1', resolve);
    });
    writeFileSync(join(this.#folder, 'chat.token'), 'CHAT-TOKEN\n', { mode: 0o600 });
    writeFileSync(join(this.#folder, 'hook'), `#!/bin/sh\ncat >> ${this.#hooked}\n`);
    chmodSync(join(this.#folder, 'hook'), 0o755);
    const web = `http://127.0.0.1:${port(this.#web)}`;
    return `
  webhooks:
    - { url: "${web}/all", tokenFile: chat.token }
    - { url: "${web}/pager", severity: critical }
  email: { to: [night@example.com], from: crm@example.com, server: "127.0.0.1:${port(this.#mail.server)}", encryption: none }
  hook: [./hook]
  heartbeat: { url: "${web}/alive" }
`;
  }

  get #hooked(): string {
    return join(this.#folder, 'hooked');
  }

  /** What the hook was given. */
  get hooked(): Record<string, unknown>[] {
    if (!existsSync(this.#hooked)) return [];
    const lines = readFileSync(this.#hooked, 'utf8').trim().split('\n');
    return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  /** Messages about an alert that went to a path. */
  told(path: string, name: string, state: Received['state']): Received[] {
    return this.posts.filter((each) => each.path === path && each.name === name && each.state === state);
  }

  close(): void {
    this.#web.closeAllConnections();
    this.#web.close();
    this.#mail.close();
  }
}
