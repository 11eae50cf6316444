import { settleAll } from '@sbmcrm/errors';
import type { FaultKindDefinition } from '../kind.ts';

export const stop: FaultKindDefinition = {
  takes: ['host', 'place'],
  about: 'no power: its data link goes down, then everything on it is killed',
  hits: (host) => host.initPid !== null,
  endsWithStart: true,
  startsHosts: true,
  apply: ({ hosts }, tools) => tools.hosts.powerOff(hosts),
  undo: ({ hosts }, tools) => settleAll(hosts, (host) => tools.hosts.start(host)),
};
