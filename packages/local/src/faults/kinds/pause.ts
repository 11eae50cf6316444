import { CloudError } from '@sbmcrm/cloud';
import { settleAll } from '@sbmcrm/errors';
import type { FaultKindDefinition, FaultTools } from '../kind.ts';
import { serviceOf, signalService } from '../services.ts';

export const pause: FaultKindDefinition = {
  takes: ['host', 'service', 'place'],
  about: 'frozen',
  hits: (host) => host.state === 'running',
  endsWithStart: true,
  apply: ({ target, hosts }, tools) => {
    const service = serviceOf(target);
    return settleAll(hosts, (host) =>
      service === undefined
        ? tools.hosts.exclusively(host, () => freeze(tools, host))
        : signalService(tools, host, service, 'SIGSTOP'),
    );
  },
  undo: ({ target, hosts }, tools) => {
    const service = serviceOf(target);
    return settleAll(hosts, async (host) => {
      const status = await tools.hosts.status(host, new Set());
      if (status.initPid === null) return; // it went with its host
      if (service === undefined) {
        if (status.state !== 'paused') return;
        await tools.hosts.exclusively(host, () => tools.hosts.runtime.resume(host));
      } else if (status.services.some((each) => each.name === service && each.state === 'up')) {
        await signalService(tools, host, service, 'SIGCONT');
      }
    });
  },
};

/** One that is frozen already, by another fault, stays so. @throws CloudError 409 NOT_RUNNING */
async function freeze({ hosts }: FaultTools, host: string): Promise<void> {
  const { state, initPid } = await hosts.status(host, new Set());
  if (initPid === null) throw new CloudError('NOT_RUNNING', `host ${host} is not running`);
  if (state !== 'paused') await hosts.runtime.pause(host);
}
