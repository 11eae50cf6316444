import type { HostDefinition, Hosts } from '@sbmcrm/cloud';
import { settleAll } from '@sbmcrm/errors';
import type { Progress } from '../progress.ts';
import type { Step } from './plan.ts';
import { stepText } from './steps-text.ts';
import type { Waits } from './waits.ts';

/** To end in good order is to lose nothing: a checkpoint may take long on a slow disk. */
const STOP_WITHIN_MS = 30_000;

export interface Applying {
  cloud: Hosts;
  /** Of every host of the topology. */
  definitions: readonly HostDefinition[];
  progress: Progress;
  waits: Waits;
}

/**
 * Does the steps of a plan that are about hosts, in their order. Cut short, what is left of them is in the next plan.
 *
 * @throws CloudError, Interrupted or Error in one line
 */
export async function applySteps(applying: Applying, steps: readonly Step[]): Promise<void> {
  for (const step of steps) await applyStep(applying, step);
}

async function applyStep(applying: Applying, step: Step): Promise<void> {
  const { cloud, definitions, progress, waits } = applying;
  switch (step.do) {
    case 'remove-host':
      return progress.step(stepText(step), async () => {
        await waits.answered(step.host).catch(() => {}); // one that cannot say is removed all the same
        await cloud.stopHost(step.host);
        await cloud.deleteHost(step.host);
      });
    case 'stop-hosts':
      return progress.step(stepText(step), async () => {
        const options = step.inOrder ? {} : { timeoutMs: 0 };
        await Promise.all(step.hosts.map((name) => cloud.stopHost(name, options)));
      });
    case 'define-hosts':
      return settleAll(
        definitions.filter(({ name }) => step.hosts.includes(name)),
        (definition) => cloud.createHost(definition),
      );
    case 'start-hosts':
      return startHosts(applying, step);
    case 'start-services':
      // One that its supervisor is restarting just now is left to it: asking again does no harm.
      return settleAll(step.services, ({ host, service }) => cloud.startService(host, service));
    case 'take-over':
      return progress.step(stepText(step), async (note) => {
        for (const service of step.services) await cloud.refreshService(step.host, service);
        await waits.recovered(step.host, step.services, note);
      });
    case 'renew-host':
      return progress.step(stepText(step), async () => {
        await cloud.stopHost(step.host, { timeoutMs: STOP_WITHIN_MS });
        await cloud.startHost(step.host);
      });
    default:
      throw new Error(`${step.do} is no step of hosts`);
  }
}

async function startHosts(
  { cloud, progress, waits }: Applying,
  { hosts, first, later = [], fences = [] }: Extract<Step, { do: 'start-hosts' }>,
): Promise<void> {
  const held = first === undefined ? [] : later;
  await progress.step(`Start ${hosts.length === 1 ? '1 host' : `${hosts.length} hosts`}`, async (note) => {
    const start = async (name: string) => {
      const fence = fences.find(({ host }) => host === name);
      if (fence) await waits.leadsNoMore(name, note);
      await cloud.startHost(name, { fence: fence?.token });
    };
    await settleAll(
      hosts.filter((name) => !held.includes(name)),
      start,
    );
    if (first === undefined) return;
    await waits.primary(first, note);
    await settleAll(
      hosts.filter((name) => held.includes(name)),
      start,
    );
  });
}
