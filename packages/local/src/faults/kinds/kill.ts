import { settleAll } from '@sbmcrm/errors';
import type { FaultKindDefinition } from '../kind.ts';
import { serviceOf, signalService, supervise } from '../services.ts';

export const kill: FaultKindDefinition = {
  takes: ['service'],
  about: 'SIGKILL; its supervisor starts it again, with `--for` only after that long',
  moment: 'killed',
  endsWithStart: true,
  apply: ({ fault, target, hosts }, tools) =>
    settleAll(hosts, async (host) => {
      const service = serviceOf(target) ?? '';
      if (fault.forMs !== undefined) await supervise(tools, host, service, 'down');
      await signalService(tools, host, service, 'SIGKILL');
    }),
  undo: ({ target, hosts }, tools) =>
    settleAll(hosts, async (host) => {
      const { initPid } = await tools.hosts.status(host, new Set());
      if (initPid !== null) await supervise(tools, host, serviceOf(target) ?? '', 'up'); // else it went with its host
    }),
};
