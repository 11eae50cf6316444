import { callHttp, type HttpReply } from '@sbmcrm/engines/http';
import {
  type BackendStatus,
  type Cloud,
  CloudError,
  type Fault,
  type FaultRequest,
  type HostDefinition,
  type HostStatus,
} from '../cloud.ts';
import { type CloudTokens, SCOPES, type Scope } from './scopes.ts';

/** Longest call: a host whose services stop slowly. */
const CALL_TIMEOUT_MS = 150_000;

/** The local cloud as seen by the CLI, controllers and drills. */
export class LocalCloud implements Cloud {
  readonly #base: string;
  readonly #tokens: Partial<CloudTokens>;
  readonly #isUp: () => boolean;

  /**
   * @param base e.g. `http://10.77.128.1:7070`
   * @param tokens those that the caller was given
   * @param isUp false: there is no such platform now, and nothing is sent
   */
  constructor(base: string, tokens: Partial<CloudTokens>, isUp: () => boolean = () => true) {
    this.#base = base;
    this.#tokens = tokens;
    this.#isUp = isUp;
  }

  createHost(definition: HostDefinition): Promise<{ created: boolean; changed: string[] }> {
    return this.#call(['operate'], 'PUT', `/hosts/${definition.name}`, definition);
  }
  startHost(name: string): Promise<void> {
    return this.#call(['operate', 'fence'], 'POST', `/hosts/${name}/start`);
  }
  stopHost(name: string, options: { timeoutMs?: number } = {}): Promise<void> {
    return this.#call(['operate'], 'POST', `/hosts/${name}/stop`, options);
  }
  deleteHost(name: string): Promise<void> {
    return this.#call(['operate'], 'DELETE', `/hosts/${name}`);
  }
  fence(name: string, token: string): Promise<{ confirmedAt: string }> {
    return this.#call(['fence'], 'POST', `/hosts/${name}/fence`, { token });
  }
  hostState(name: string): Promise<HostStatus> {
    return this.#call(SCOPES, 'GET', `/hosts/${encodeURIComponent(name)}`);
  }
  listHosts(): Promise<HostStatus[]> {
    return this.#call(SCOPES, 'GET', '/hosts');
  }
  startService(host: string, service: string): Promise<void> {
    return this.#call(['operate'], 'POST', `/hosts/${host}/services/${service}/start`);
  }
  refreshService(host: string, service: string): Promise<void> {
    return this.#call(['operate'], 'POST', `/hosts/${host}/services/${service}/refresh`);
  }
  attachBackend(name: string, address: string, port: number): Promise<void> {
    return this.#call(['operate'], 'PUT', `/backends/${name}`, { address, port });
  }
  drainBackend(name: string): Promise<void> {
    return this.#call(['operate'], 'POST', `/backends/${name}/drain`);
  }
  detachBackend(name: string): Promise<void> {
    return this.#call(['operate'], 'DELETE', `/backends/${name}`);
  }
  listBackends(): Promise<BackendStatus[]> {
    return this.#call(SCOPES, 'GET', '/backends');
  }
  injectFaults(faults: readonly FaultRequest[]): Promise<Fault[]> {
    return this.#call(['inject'], 'POST', '/faults', faults);
  }
  clearFault(id: string): Promise<void> {
    return this.#call(['inject'], 'DELETE', `/faults/${encodeURIComponent(id)}`);
  }
  listFaults(): Promise<Fault[]> {
    return this.#call(SCOPES, 'GET', '/faults');
  }
  /** A small file from a host's disk, also while the host is stopped; null if there is none. */
  readDisk(host: string, path: string): Promise<string | null> {
    return this.#call(['operate'], 'GET', `/hosts/${host}/disk?path=${encodeURIComponent(path)}`);
  }

  async #call<T>(scopes: readonly Scope[], method: string, path: string, body?: unknown): Promise<T> {
    if (!this.#isUp()) throw new CloudError(503, 'DOWN', 'the platform is down: run `sbmcrm up`');
    const token = scopes.map((scope) => this.#tokens[scope]).find((each) => each !== undefined);
    if (token === undefined) throw new CloudError(403, 'FORBIDDEN', `no token that may ${scopes[0]} was given`);
    let response: HttpReply;
    try {
      response = await callHttp(`${this.#base}/v1${path}`, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        signal: AbortSignal.timeout(CALL_TIMEOUT_MS),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    } catch (error) {
      const detail = (error as Error).message;
      throw new CloudError(503, 'UNREACHABLE', `the local cloud does not answer (${detail}): run \`sbmcrm up\``);
    }
    const answer = JSON.parse(response.text) as { data?: T; error?: { code: string; message: string } };
    if (answer.error) throw new CloudError(response.status, answer.error.code, answer.error.message);
    return answer.data as T;
  }
}
