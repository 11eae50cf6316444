import { Agent, request } from 'node:https';

/** How long a member may take, unless told otherwise. */
const TIMEOUT_MS = 3000;
/** An answer of ours has hundreds of bytes. */
const MOST_BYTES = 1024 * 1024;

/** A key's value, its revision, and the lease that it goes with. */
export interface Leased {
  value: string;
  /** Of its last change. */
  revision: number;
  /** etcd's number of it; `0` without one. */
  lease: string;
}

export interface EtcdMember {
  name: string;
  url: string;
}

const base64 = (text: string) => Buffer.from(text).toString('base64');

/**
 * The few calls of etcd that are needed outside of its own programs, over its JSON interface. All of them throw an Error in one line
 * when no member with a quorum answers.
 *
 * @see https://etcd.io/docs/v3.5/dev-guide/api_grpc_gateway/
 */
export class EtcdClient {
  readonly #members: readonly EtcdMember[];
  readonly #agent: Agent;
  readonly #timeoutMs: number;

  /**
   * @param members the first that answers counts
   * @param tls PEM texts
   * @param timeoutMs for each of them
   */
  constructor(
    members: readonly EtcdMember[],
    { ca, cert, key }: { ca: string; cert: string; key: string },
    timeoutMs = TIMEOUT_MS,
  ) {
    this.#members = members;
    this.#agent = new Agent({ ca, cert, key, keepAlive: true });
    this.#timeoutMs = timeoutMs;
  }

  /** The newest value. @returns undefined when there is no such key */
  async read(key: string): Promise<Leased | undefined> {
    const answer = await this.call('/v3/kv/range', { key: base64(key) });
    const [found] = (answer as { kvs?: { value?: string; lease?: string; mod_revision?: string }[] }).kvs ?? [];
    return (
      found && {
        value: Buffer.from(found.value ?? '', 'base64').toString(),
        revision: Number(found.mod_revision ?? 0),
        lease: found.lease ?? '0',
      }
    );
  }

  /**
   * Writes a key with a lease of its own, if nobody changed it meanwhile.
   *
   * @param revision that it had; 0: there was none
   * @param leaseS how long it stays, in seconds, unless it is kept
   * @returns whether it was written
   */
  async writeLeased(key: string, value: string, revision: number, leaseS: number): Promise<boolean> {
    const { ID: lease } = (await this.call('/v3/lease/grant', { TTL: leaseS })) as { ID?: string };
    const answer = await this.call('/v3/kv/txn', {
      compare: [{ key: base64(key), target: 'MOD', result: 'EQUAL', mod_revision: revision }],
      success: [{ request_put: { key: base64(key), value: base64(value), lease } }],
    });
    const { succeeded = false } = answer as { succeeded?: boolean };
    if (!succeeded && lease !== undefined) await this.revoke(lease);
    return succeeded;
  }

  /**
   * Writes a key without a lease, if nobody changed it meanwhile, nor another one that is named.
   *
   * @param revision that it had; 0: there was none
   * @param unchanged a key with the revision that it is to have still
   * @returns whether it was written
   */
  async write(
    key: string,
    value: string,
    revision: number,
    unchanged?: { key: string; revision: number },
  ): Promise<boolean> {
    const answer = await this.call('/v3/kv/txn', {
      compare: [{ key, revision }, ...(unchanged ? [unchanged] : [])].map((each) => ({
        key: base64(each.key),
        target: 'MOD',
        result: 'EQUAL',
        mod_revision: each.revision,
      })),
      success: [{ request_put: { key: base64(key), value: base64(value) } }],
    });
    return (answer as { succeeded?: boolean }).succeeded ?? false;
  }

  /** Deletes a key, if there is one. */
  async delete(key: string): Promise<void> {
    await this.call('/v3/kv/deleterange', { key: base64(key) });
  }

  /** Lets a lease begin anew. @returns whether there is one */
  async keepAlive(lease: string): Promise<boolean> {
    const { result } = (await this.call('/v3/lease/keepalive', { ID: lease })) as { result?: { TTL?: string } };
    return Number(result?.TTL ?? 0) > 0;
  }

  /** Ends a lease, and with it all keys that go with it. One that has ended is none. */
  async revoke(lease: string): Promise<void> {
    await this.call('/v3/lease/revoke', { ID: lease }).catch((error: Error) => {
      if (!error.message.includes('lease not found')) throw error;
    });
  }

  /**
   * Any call of the interface that is not above.
   *
   * @param path as `/v3/cluster/member/list`
   * @param only the name of the one member that is asked; default: the first that answers
   */
  async call(path: string, body: object, only?: string): Promise<unknown> {
    let refusal = 'no member of etcd answers';
    for (const member of this.#members.filter(({ name }) => only === undefined || name === only)) {
      try {
        return await this.#post(member, path, JSON.stringify(body));
      } catch (error) {
        refusal = `etcd on ${member.name}: ${(error as Error).message}`;
      }
    }
    throw new Error(refusal);
  }

  /** Closes what is kept open between calls. */
  close(): void {
    this.#agent.destroy();
  }

  #post({ url }: EtcdMember, path: string, body: string): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const options = { agent: this.#agent, method: 'POST', signal: AbortSignal.timeout(this.#timeoutMs) };
      const call = request(`${url}${path}`, options, (answer) => {
        let text = '';
        answer.setEncoding('utf8');
        answer.on('data', (part: string) => {
          text += part;
          if (text.length > MOST_BYTES) call.destroy(new Error('the answer is too long'));
        });
        answer.on('error', reject);
        answer.on('end', () => {
          if (answer.statusCode !== 200) return reject(new Error(errorIn(text) ?? `status ${answer.statusCode}`));
          try {
            resolve(JSON.parse(text));
          } catch {
            reject(new Error('the answer is no JSON'));
          }
        });
      });
      call.on('error', reject);
      call.end(body);
    });
  }
}

function errorIn(text: string): string | undefined {
  try {
    // The gateway has both by turns.
    const { error, message } = JSON.parse(text) as { error?: string; message?: string };
    return error ?? message;
  } catch {
    return undefined;
  }
}
