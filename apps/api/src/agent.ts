import { createServer, type Server } from 'node:net';
import type { LifecycleState } from './lifecycle.ts';

/** How many answers to one load balancer carry `ready`: more than one, as an answer may get lost. */
const READY_ANSWERS = 3;
/** Load balancers are a few; a port scan must not fill the memory. */
const MAX_PEERS = 100;

/**
 * What HAProxy's agent-check is told. It speaks of this process alone, never of the database or the cache: a shared
 * outage must not empty the load balancer.
 *
 * - starting: `down`, not `drain`: sessions that stick to this server go to another one until it is ready.
 * - ready: `up` undoes `down`. `ready` undoes `drain` and `maint`, and not only ours but also an operator's. So it is said
 *   a few times to each load balancer, to undo what the process before this one said, and then no more.
 * - draining: `drain` keeps sessions that stick to this server and gives it no others.
 * - closing: `maint` sends those elsewhere, too. Nothing new comes in any more when the listener closes: a connection
 *   that the kernel took and this process did not would be reset.
 *
 * @param limit how many requests the load balancer may send at a time; it queues the others, and refuses when many queue
 */
export function agentAnswer(state: LifecycleState, answersBefore: number, limit: number): string {
  switch (state) {
    case 'starting':
      return 'down\n';
    case 'ready':
      return `${answersBefore < READY_ANSWERS ? 'up ready' : 'up'} maxconn:${limit}\n`;
    case 'draining':
      return 'drain\n';
    case 'closing':
      return 'maint\n';
  }
}

/** Counts the answers while ready, for each load balancer. */
export class AgentPeers {
  readonly #answers = new Map<string, number>();

  answer(state: LifecycleState, peer: string, limit: number): string {
    const before = this.#answers.get(peer) ?? 0;
    if (state === 'ready' && before < READY_ANSWERS) {
      const [oldest] = this.#answers.keys();
      if (this.#answers.size >= MAX_PEERS && oldest !== undefined) this.#answers.delete(oldest);
      this.#answers.set(peer, before + 1);
    }
    return agentAnswer(state, before, limit);
  }
}

/** Listens for agent-checks: one line to whoever connects, then the connection is closed. */
export function startAgent(
  host: string,
  port: number,
  { state, limit }: { state: () => LifecycleState; limit: () => number },
): Promise<Server> {
  const peers = new AgentPeers();
  const server = createServer((socket) => {
    // HAProxy may close first.
    socket.on('error', () => {});
    socket.setTimeout(2000, () => socket.destroy());
    socket.end(peers.answer(state(), socket.remoteAddress ?? '', limit()));
    socket.resume();
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve(server);
    });
  });
}
