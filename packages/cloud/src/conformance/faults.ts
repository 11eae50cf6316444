import { equal, notEqual } from 'node:assert/strict';
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
      withHosts(provider, ['a'], async ({ a }) => {
        await works(provider, a);
        const id = await inject(provider, POWER, a);
        await stateIs(provider, a, 'stopped');
        equal(await provider.isAlive(a), false);
        await faultsAre(provider, [a], [id]);
        await provider.cloud.clearFault(id);
        await faultsAre(provider, [a], []);
        await stateIs(provider, a, 'running');
        await works(provider, a);
        await refuses('UNKNOWN_FAULT', () => provider.cloud.clearFault(id));
      }),
  },
  {
    name: 'a fault with an end ends by itself, also when the provider dies meanwhile',
    restarts: true,
    check: (provider) =>
      withHosts(provider, ['a'], async ({ a }) => {
        const pid = await works(provider, a);
        const id = await inject(provider, FREEZE, a, 1000);
        await stateIs(provider, a, 'paused');
        await provider.restart();
        await eventually(provider, 'it has ended', async () =>
          (await provider.cloud.listFaults()).every((fault) => fault.id !== id),
        );
        await stateIs(provider, a, 'running');
        equal(await works(provider, a), pid);
      }),
  },
  {
    name: 'faults of one stroke are injected all, or none of them',
    check: (provider) =>
      withHosts(provider, ['a', 'b'], async ({ a, b, nobody }) => {
        const { cloud } = provider;
        const stroke = (...targets: string[]) => cloud.injectFaults(targets.map((target) => ({ kind: POWER, target })));
        await refuses('UNKNOWN_HOST', () => stroke(a, nobody));
        await faultsAre(provider, [a, b], []);
        await stateIs(provider, a, 'running');
        const both = await stroke(a, b);
        equal(both.length, 2);
        for (const host of [a, b]) await stateIs(provider, host, 'stopped');
      }),
  },
  {
    name: 'two faults of a kind on one host are two: it is well when both are taken back',
    check: (provider) =>
      withHosts(provider, ['a'], async ({ a }) => {
        const first = await inject(provider, FREEZE, a);
        const second = await inject(provider, FREEZE, a);
        notEqual(first, second);
        await provider.cloud.clearFault(first);
        await stateIs(provider, a, 'paused');
        await provider.cloud.clearFault(second);
        await stateIs(provider, a, 'running');
      }),
  },
  {
    name: 'a fault of a region hits the hosts that are in it, and no others',
    check: (provider) =>
      withHosts(provider, ['a'], async ({ a, b }) => {
        const { cloud, prefix } = provider;
        const region = `${prefix}-r`;
        await cloud.createHost({ ...provider.define(b, 'b'), region });
        await cloud.startHost(b);
        equal((await cloud.hostState(b)).region, region);
        await refuses('UNKNOWN_REGION', () => inject(provider, POWER, `region-${prefix}-none`));
        const id = await inject(provider, POWER, `region-${region}`);
        await stateIs(provider, b, 'stopped');
        await stateIs(provider, a, 'running');
        await cloud.clearFault(id);
        await stateIs(provider, b, 'running');
      }),
  },
  {
    name: 'a start ends the fault that stopped the host',
    check: (provider) =>
      withHosts(provider, ['a'], async ({ a }) => {
        await inject(provider, POWER, a);
        await provider.cloud.startHost(a);
        await stateIs(provider, a, 'running');
        await faultsAre(provider, [a], []);
      }),
  },
  {
    name: 'the end of the fault that stopped a host does not lift its fence',
    check: (provider) =>
      withHosts(provider, ['a'], async ({ a }) => {
        const id = await inject(provider, POWER, a);
        await provider.cloud.fence(a, 'decision-1');
        await provider.cloud.clearFault(id);
        await stateIs(provider, a, 'fenced');
        equal(await provider.isAlive(a), false);
        await faultsAre(provider, [a], []);
      }),
  },
  {
    name: 'what has no power cannot be frozen, and no fault is left of the try',
    check: (provider) =>
      withHosts(provider, ['a'], async ({ a }) => {
        await provider.cloud.stopHost(a);
        await refuses('NOT_RUNNING', () => inject(provider, FREEZE, a));
        await faultsAre(provider, [a], []);
        await stateIs(provider, a, 'stopped');
      }),
  },
  {
    name: 'what makes no sense breaks nothing',
    check: (provider) =>
      withHosts(provider, ['a'], async ({ a, nobody }) => {
        await refuses('BAD_FAULT', () => inject(provider, POWER, `${a}/work`));
        await refuses('BAD_FAULT', () => inject(provider, POWER, a, -1));
        await refuses('UNKNOWN_HOST', () => inject(provider, FREEZE, nobody));
        await refuses('UNKNOWN_SERVICE', () => inject(provider, FREEZE, `${a}/play`));
        await refuses('UNKNOWN_FAULT', () => provider.cloud.clearFault('000000'));
        await faultsAre(provider, [a], []);
        await stateIs(provider, a, 'running');
      }),
  },
];
