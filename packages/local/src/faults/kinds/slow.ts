import { CloudError } from '@sbmcrm/cloud';
import type { FaultKindDefinition } from '../kind.ts';

export const slow: FaultKindDefinition = {
  takes: ['host'],
  about:
    'frames are lost, each way; frames to the host arrive late. Where the kernel has no netem the latency is skipped, and it says so',
  options: {
    lossPercent: {
      flag: 'loss',
      about: 'how many frames are lost each way',
      unit: 'percent',
      example: '5%',
      min: 0.01,
      max: 100,
    },
    latencyMs: {
      flag: 'latency',
      about: 'how much later frames to the host arrive',
      unit: 'duration',
      example: '200ms',
      min: 1,
      // Beyond that nothing on a host waits for an answer any more.
      max: 60_000,
    },
  },
  check: ({ lossPercent, latencyMs }) =>
    lossPercent === undefined && latencyMs === undefined
      ? 'fault slow takes --loss, --latency or both, e.g. --loss 5%'
      : undefined,
  prepare: async (request, tools) => {
    const { latencyMs, ...rest } = request;
    if (latencyMs === undefined || (await tools.canDelay())) return request;
    if (request.lossPercent === undefined) {
      throw new CloudError('NO_NETEM', "no netem: this machine's kernel cannot delay frames");
    }
    return { ...rest, note: 'latency skipped: no netem' } as typeof request & { note: string };
  },
  drops: ({ fault: { lossPercent } }, { own }) =>
    lossPercent === undefined ? {} : { losses: own.map((port) => ({ port, percent: Number(lossPercent) })) },
  delayMs: ({ latencyMs }) => Number(latencyMs ?? 0),
};
