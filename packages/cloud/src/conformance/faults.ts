import { deepEqual, equal, notEqual } from 'node:assert/strict';
import { eventually, faultsAre, refuses, stateIs, works } from './expect.ts';
import type { ProviderUnderTest, Rule } from './provider.ts';
import { withHosts } from './with-hosts.ts';

/** Kinds that every provider which breaks anything has: without power, and frozen. */
const POWER = 'stop';
const FREEZE = 'pause';

const inject = async ({ cloud }: ProviderUnderTest, kind: string, target: string, forMs?: number): Promise<string> => {
  const [fault] = await cloud.injectFaults([{ kind, target, ...(forMs === undefined ? {} : { forMs }) }]);
  return fault?.id ?? '';
};

export const FAULT_RULES: readonly Rule[] = [
  {
    name: 'a fault holds until it is taken back, and then nothing of it is left',
    check: (provider) =>
      withHosts(provider, ['conform-a'], async () => {
        await works(provider, 'conform-a');
        const others = (await provider.cloud.listFaults()).map(({ id }) => id);
        const id = await inject(provider, POWER, 'conform-a');
        await stateIs(provider, 'conform-a', 'stopped');
        equal(await provider.isAlive('conform-a'), false);
        await faultsAre(provider, [...others, id]);
        await provider.cloud.clearFault(id);
        await faultsAre(provider, others);
        await stateIs(provider, 'conform-a', 'running');
        await works(provider, 'conform-a');
        await refuses('UNKNOWN_FAULT', () => provider.cloud.clearFault(id));
      }),
  },
  {
    name: 'a fault with an end ends by itself, also when the provider dies meanwhile',
    check: (provider) =>
      withHosts(provider, ['conform-a'], async () => {
        const pid = await works(provider, 'conform-a');
        const id = await inject(provider, FREEZE, 'conform-a', 1000);
        await stateIs(provider, 'conform-a', 'paused');
        await provider.restart();
        await eventually(provider, 'it has ended', async () =>
          (await provider.cloud.listFaults()).every((fault) => fault.id !== id),
        );
        await stateIs(provider, 'conform-a', 'running');
        equal(await works(provider, 'conform-a'), pid);
      }),
  },
  {
    name: 'faults of one stroke are injected all, or none of them',
    check: (provider) =>
      withHosts(provider, ['conform-a', 'conform-b'], async () => {
        const { cloud } = provider;
        const before = (await cloud.listFaults()).map(({ id }) => id);
        const stroke = (...targets: string[]) => cloud.injectFaults(targets.map((target) => ({ kind: POWER, target })));
        await refuses('UNKNOWN_HOST', () => stroke('conform-a', 'conform-x'));
        await faultsAre(provider, before);
        await stateIs(provider, 'conform-a', 'running');
        const both = await stroke('conform-a', 'conform-b');
        equal(both.length, 2);
        for (const host of ['conform-a', 'conform-b']) await stateIs(provider, host, 'stopped');
      }),
  },
  {
    name: 'two faults of a kind on one host are two: it is well when both are taken back',
    check: (provider) =>
      withHosts(provider, ['conform-a'], async () => {
        const first = await inject(provider, FREEZE, 'conform-a');
        const second = await inject(provider, FREEZE, 'conform-a');
        notEqual(first, second);
        await provider.cloud.clearFault(first);
        await stateIs(provider, 'conform-a', 'paused');
        await provider.cloud.clearFault(second);
        await stateIs(provider, 'conform-a', 'running');
      }),
  },
  {
    name: 'a start ends the fault that stopped the host',
    check: (provider) =>
      withHosts(provider, ['conform-a'], async () => {
        const others = (await provider.cloud.listFaults()).map(({ id }) => id);
        await inject(provider, POWER, 'conform-a');
        await provider.cloud.startHost('conform-a');
        await stateIs(provider, 'conform-a', 'running');
        await faultsAre(provider, others);
      }),
  },
  {
    name: 'what has no power cannot be frozen, and no fault is left of the try',
    check: (provider) =>
      withHosts(provider, ['conform-a'], async () => {
        const before = await provider.cloud.listFaults();
        await provider.cloud.stopHost('conform-a');
        await refuses('NOT_RUNNING', () => inject(provider, FREEZE, 'conform-a'));
        deepEqual(await provider.cloud.listFaults(), before);
        await stateIs(provider, 'conform-a', 'stopped');
      }),
  },
  {
    name: 'what makes no sense breaks nothing',
    check: (provider) =>
      withHosts(provider, ['conform-a'], async () => {
        const before = await provider.cloud.listFaults();
        await refuses('BAD_FAULT', () => inject(provider, POWER, 'conform-a/work'));
        await refuses('BAD_FAULT', () => inject(provider, POWER, 'conform-a', -1));
        await refuses('UNKNOWN_HOST', () => inject(provider, FREEZE, 'conform-x'));
        await refuses('UNKNOWN_SERVICE', () => inject(provider, FREEZE, 'conform-a/play'));
        await refuses('UNKNOWN_FAULT', () => provider.cloud.clearFault('000000'));
        deepEqual(await provider.cloud.listFaults(), before);
        await stateIs(provider, 'conform-a', 'running');
      }),
  },
];
