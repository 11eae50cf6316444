import { Agent, request } from 'node:https';
import { type Host, PORTS } from '@sbmcrm/topology';
import type { Secrets } from '../common/context.ts';

const TIMEOUT_MS = 3000;
/** An answer of ours has hundreds of bytes. */
const MOST_BYTES = 1024 * 1024;

/** What a key holds, and the lease that it goes with. */
interface Leased {
  value: string;
  /** etcd's number of it; `0` without one. */
  lease: string;
}

const base64 = (text: string) => Buffer.from(text).toString('base64');

/**
 * The few calls of etcd that are needed outside of hosts, over its JSON interface.
 *
 * @see https://etcd.io/docs/v3.5/dev-guide/api_grpc_gateway/
 */
export class EtcdClient {
  readonly #hosts: readonly Host[];
  readonly #agent: Agent;

  /** @param hosts with a member each: the first that answers counts */
  constructor(hosts: readonly Host[], { tls }: Pick<Secrets, 'tls'>) {
    this.#hosts = hosts;
    this.#agent = new Agent({ ca: tls.ca, cert: tls.clientCert, key: tls.clientKey });
  }

  /** @returns undefined when there is no such key. @throws Error in one line when no member with a quorum answers */
  async read(key: string): Promise<Leased | undefined> {
    const answer = await this.#call('/v3/kv/range', { key: base64(key) });
    const [found] = (answer as { kvs?: { value?: string; lease?: string }[] }).kvs ?? [];
    return found && { value: Buffer.from(found.value ?? '', 'base64').toString(), lease: found.lease ?? '0' };
  }

  /** Ends a lease, and with it all keys that go with it. One that has ended is none. @throws Error as {@link read} */
  async revoke(lease: string): Promise<void> {
    await this.#call('/v3/lease/revoke', { ID: lease }).catch((error: Error) => {
      if (!error.message.includes('lease not found')) throw error;
    });
  }

  async #call(path: string, body: object): Promise<unknown> {
    let refusal = 'no member of etcd answers';
    for (const host of this.#hosts) {
      try {
        return await this.#post(host, path, JSON.stringify(body));
      } catch (error) {
        refusal = `etcd on ${host.name}: ${(error as Error).message}`;
      }
    }
    throw new Error(refusal);
  }

  #post({ address }: Host, path: string, body: string): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const options = { agent: this.#agent, method: 'POST', signal: AbortSignal.timeout(TIMEOUT_MS) };
      const call = request(`https://${address}:${PORTS.etcdClient}${path}`, options, (answer) => {
        let text = '';
        answer.setEncoding('utf8');
        answer.on('data', (part: string) => {
          text += part;
          if (text.length > MOST_BYTES) call.destroy(new Error('the answer is too long'));
        });
        answer.on('error', reject);
        answer.on('end', () => {
          if (answer.statusCode === 200) resolve(JSON.parse(text));
          else reject(new Error(errorIn(text) ?? `status ${answer.statusCode}`));
        });
      });
      call.on('error', reject);
      call.end(body);
    });
  }
}

function errorIn(text: string): string | undefined {
  try {
    return (JSON.parse(text) as { error?: string }).error;
  } catch {
    return undefined;
  }
}
