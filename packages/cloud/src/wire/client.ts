import { callHttp, type HttpReply } from '@sbmcrm/http';
import type { HostAccess } from '../access.ts';
import type { Cloud } from '../cloud.ts';
import { CloudError } from '../error.ts';
import type { Fault, FaultRequest } from '../faults/fault.ts';
import type { FaultKinds } from '../faults/kind.ts';
import type { Fleet, FleetView } from '../fleet.ts';
import type { Comparison, HostDefinition, HostStatus } from '../hosts.ts';
import type { BackendStatus } from '../targets.ts';
import type { TaskStatus, Tasks } from '../tasks.ts';
import { type CloudTokens, SCOPES, type Scope } from './scopes.ts';

/** Longest call: a host whose services stop slowly. */
const CALL_TIMEOUT_MS = 150_000;

/** A cloud behind its HTTP interface, as the CLI, controllers and drills see it. */
export class CloudClient implements Cloud {
  readonly kinds: FaultKinds;
  /** What goes over the wire. A provider on this machine has more. */
  readonly tasks: Tasks = {
    run: (name, due) => this.#call<TaskStatus | null>(['schedule'], 'PUT', `/tasks/${name}`, { due }),
    list: () => this.#call<TaskStatus[]>(SCOPES, 'GET', '/tasks'),
  };
  readonly fleet: Fleet = {
    define: (place) => this.#call<void>(['operate'], 'PUT', `/fleet/${place.host.name}`, place),
    undefine: (name) => this.#call<void>(['operate'], 'DELETE', `/fleet/${name}`),
    list: () => this.#call<FleetView>(SCOPES, 'GET', '/fleet'),
    launch: (name, why) => this.#call<void>(['scale'], 'POST', `/fleet/${name}/launch`, { why }),
    drain: (name, why) => this.#call<void>(['scale'], 'POST', `/fleet/${name}/drain`, { why }),
    terminate: (name, why) => this.#call<void>(['scale'], 'POST', `/fleet/${name}/terminate`, { why }),
  };
  readonly access: HostAccess = { readDisk: (host, path) => this.readDisk(host, path) };
  readonly #base: string;
  readonly #tokens: Partial<CloudTokens>;
  readonly #isUp: () => boolean;

  /**
   * @param setting.base e.g. `http://10.77.128.1:7070`
   * @param setting.tokens those that the caller was given
   * @param setting.kinds what the provider can break
   * @param setting.isUp false: there is no such platform now, and nothing is sent
   */
  constructor(setting: { base: string; tokens: Partial<CloudTokens>; kinds: FaultKinds; isUp?: () => boolean }) {
    this.#base = setting.base;
    this.#tokens = setting.tokens;
    this.kinds = setting.kinds;
    this.#isUp = setting.isUp ?? (() => true);
  }

  createHost(definition: HostDefinition): Promise<{ created: boolean; changed: string[] }> {
    return this.#call(['operate'], 'PUT', `/hosts/${definition.name}`, definition);
  }
  compareHost(definition: HostDefinition): Promise<Comparison> {
    return this.#call(['operate'], 'POST', `/hosts/${definition.name}/compare`, definition);
  }
  startHost(name: string, options: { fence?: string | undefined } = {}): Promise<void> {
    return this.#call(['operate', 'fence'], 'POST', `/hosts/${name}/start`, options);
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
  protected readDisk(host: string, path: string): Promise<string | null> {
    return this.#call(['operate'], 'GET', `/hosts/${host}/disk?path=${encodeURIComponent(path)}`);
  }

  async #call<T>(scopes: readonly Scope[], method: string, path: string, body?: unknown): Promise<T> {
    if (!this.#isUp()) throw new CloudError('DOWN', 'the platform is down: run `sbmcrm up`');
    const token = scopes.map((scope) => this.#tokens[scope]).find((each) => each !== undefined);
    if (token === undefined) throw new CloudError('FORBIDDEN', `no token that may ${scopes[0]} was given`);
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
      throw new CloudError('UNREACHABLE', `the cloud does not answer (${detail}): run \`sbmcrm up\``);
    }
    const answer = JSON.parse(response.text) as { data?: T; error?: { code: string; message: string } };
    if (answer.error) throw CloudError.received(response.status, answer.error.code, answer.error.message);
    return answer.data as T;
  }
}
