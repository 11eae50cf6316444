import { connect } from 'node:net';

/** The service that serves the public entry: it is told which API servers there are. */
export const LOAD_BALANCER = 'haproxy';

/** `show stat` of a hundred servers is a tenth of it. */
const MOST_ANSWER = 1024 * 1024;

/**
 * Sends commands to HAProxy's runtime API.
 *
 * @param socketPath as seen from here; at most 107 bytes long, the kernel's limit
 * @returns the answer's text
 * @throws Error when HAProxy does not answer within 2 s, or with more than 1 MB
 */
export function haproxyCommand(socketPath: string, commands: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(socketPath);
    let answer = '';
    socket.setEncoding('utf8');
    // Over all, however it trickles.
    const deadline = setTimeout(() => socket.destroy(new Error('no answer from HAProxy in 2 s')), 2000);
    socket.on('connect', () => socket.end(`${commands.join(';')}\n`));
    socket.on('data', (text: string) => {
      answer += text;
      if (answer.length > MOST_ANSWER) socket.destroy(new Error('HAProxy answers without an end'));
    });
    socket.on('error', reject);
    socket.on('close', () => {
      clearTimeout(deadline);
      resolve(answer);
    });
  });
}

/** Commands that put a server at `address` into rotation: healthy until the next check says otherwise. */
export function attachCommands(backends: readonly string[], server: string, address: string, port: number): string[] {
  return backends.flatMap((backend) => [
    `set server ${backend}/${server} addr ${address} port ${port}`,
    `set server ${backend}/${server} state ready`,
    ...(backend.endsWith('-any')
      ? []
      : [`set server ${backend}/${server} health up`, `set server ${backend}/${server} agent up`]),
  ]);
}

/**
 * Commands that put a server at `address` into rotation once it says itself that it takes requests, which it is asked twice a second.
 */
export function joinCommands(backends: readonly string[], server: string, address: string, port: number): string[] {
  return backends.flatMap((backend) => [
    `set server ${backend}/${server} addr ${address} port ${port}`,
    ...(backend.endsWith('-any')
      ? [`set server ${backend}/${server} health down`]
      : [`set server ${backend}/${server} health up`, `set server ${backend}/${server} agent down`]),
    `set server ${backend}/${server} state ready`,
  ]);
}

/** Commands that keep a server's sessions but give it no new ones. */
export function drainCommands(backends: readonly string[], server: string): string[] {
  return backends.map((backend) => `set server ${backend}/${server} state drain`);
}

/** Commands that take a server out and cut what is left of its sessions. */
export function detachCommands(backends: readonly string[], server: string): string[] {
  return backends.flatMap((backend) => [
    `set server ${backend}/${server} state maint`,
    `shutdown sessions server ${backend}/${server}`,
  ]);
}
