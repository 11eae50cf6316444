import { CloudError, type CloudTokens, type HostAccess, type ProgramCall } from '@sbmcrm/cloud';
import { CloudClient } from '@sbmcrm/cloud/client';
import { ToolError } from '@sbmcrm/errors';
import { PORTS, planNetwork } from '@sbmcrm/topology';
import { FAULT_KINDS } from './faults/registry.ts';
import { hostCpuSeconds } from './host/limits/cpu.ts';
import { roomOf } from './host/limits/usage.ts';
import { logCommand } from './host/log.ts';
import { Runtime } from './host/runtime.ts';
import type { Image } from './image.ts';
import { isPlatformUp } from './registry.ts';
import { definedServices, type PlatformRecord, type StatePaths } from './state.ts';

/** The cloud of a platform on this machine: its daemon over HTTP, and ways into its hosts, which are on this machine too. */
export class LocalCloud extends CloudClient {
  override readonly access: HostAccess;

  /** @param image of hosts, looked for when it is needed; undefined: it is gone */
  constructor(
    paths: StatePaths,
    platform: Pick<PlatformRecord, 'network'>,
    tokens: CloudTokens,
    image: () => Image | undefined,
  ) {
    const plan = planNetwork(platform.network);
    super({
      base: `http://${plan.management.gateway}:${PORTS.cloudApi}`,
      tokens,
      kinds: FAULT_KINDS,
      isUp: () => isPlatformUp(platform.network, paths.root),
    });
    this.access = {
      readDisk: (host, path) => this.readDisk(host, path),
      exec: async (host, command, terminal) => {
        const { initPid } = await this.hostState(host);
        if (initPid === null) throw new ToolError('HOST_NOT_RUNNING', `host ${host} is not running`);
        return { program: 'runc', args: new Runtime(plan).interactiveArgs(host, command, terminal) };
      },
      logs: (host, service, options) => logsOf(paths, image(), host, service, options),
      root: ({ initPid }) => (initPid === null ? undefined : `/proc/${initPid}/root`),
      room: ({ initPid }) => (initPid === null ? undefined : roomOf(`/proc/${initPid}/root/data`)),
      cpuSeconds: () => hostCpuSeconds(plan),
    };
  }
}

/** From the state folder alone: logs are read when things are down. */
function logsOf(
  paths: StatePaths,
  image: Image | undefined,
  host: string,
  wanted: string | undefined,
  options: { lines: number; follow: boolean; isNamed?: boolean },
): ProgramCall | undefined {
  const defined = definedServices(paths, host);
  const services = defined.map((each) => each.name);
  // What a service starts speaks through that one's log.
  const service = defined.find(({ child }) => child !== undefined && child.name === wanted)?.name ?? wanted;
  if (service !== undefined && !services.includes(service)) {
    throw new CloudError('UNKNOWN_SERVICE', `host ${host} has no service "${wanted}" (it has: ${services.join(', ')})`);
  }
  if (!image) throw new ToolError('IMAGE_FAILED', 'the image of hosts is gone: run `sbmcrm up`');
  const whose = service === undefined ? services : [service];
  return logCommand(paths.host(host), image.root, whose, service === undefined, options);
}
