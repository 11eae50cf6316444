import { CloudError } from '@sbmcrm/cloud';
import { settleAll } from '@sbmcrm/errors';
import type { FaultKindDefinition, FaultTools } from '../kind.ts';

export const stop: FaultKindDefinition = {
  takes: ['host', 'place'],
  about: 'no power: its data link goes down, then everything on it is killed',
  hits: (host) => host.initPid !== null,
  endsWithStart: true,
  startsHosts: true,
  apply: ({ hosts }, tools) => tools.hosts.powerOff(hosts),
  undo: ({ hosts }, tools) => settleAll(hosts, (host) => startUnlessFenced(host, tools)),
};

/** One that was fenced meanwhile is down for another reason, and whoever fenced it, or an operator, starts it. */
async function startUnlessFenced(host: string, { hosts }: FaultTools): Promise<void> {
  try {
    await hosts.start(host);
  } catch (error) {
    if (!(error instanceof CloudError && error.code === 'FENCED')) throw error;
  }
}
