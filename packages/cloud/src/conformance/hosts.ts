import { deepEqual, equal, notEqual } from 'node:assert/strict';
import { eventually, refuses, stateIs, works } from './expect.ts';
import type { Rule } from './provider.ts';
import { withHosts } from './with-hosts.ts';

export const HOST_RULES: readonly Rule[] = [
  {
    name: 'a host is listed as soon as it is defined, and defining starts nothing',
    check: (provider) =>
      withHosts(provider, [], async ({ a }) => {
        const { cloud } = provider;
        const definition = provider.define(a, 'a');
        deepEqual(await cloud.compareHost(definition), {
          isKnown: false,
          isNew: true,
          isOther: true,
          changed: [],
          reloads: [],
          mustRestart: false,
        });
        equal((await cloud.createHost(definition)).created, true);
        await stateIs(provider, a, 'stopped');
        equal(await provider.isAlive(a), false);
        deepEqual(await cloud.compareHost(definition), {
          isKnown: true,
          isNew: true,
          isOther: false,
          changed: [],
          reloads: [],
          mustRestart: false,
        });
        deepEqual(await cloud.createHost(definition), { created: false, changed: [] });
      }),
  },
  {
    name: 'a start may be repeated: what runs goes on',
    check: (provider) =>
      withHosts(provider, ['a'], async ({ a }) => {
        const pid = await works(provider, a);
        const { initPid } = await stateIs(provider, a, 'running');
        notEqual(initPid, null);
        await Promise.all([provider.cloud.startHost(a), provider.cloud.startHost(a)]);
        equal(await works(provider, a), pid);
        equal((await provider.cloud.hostState(a)).initPid, initPid);
      }),
  },
  {
    name: 'a stop is over when it is answered, and may be repeated',
    check: (provider) =>
      withHosts(provider, ['a'], async ({ a }) => {
        await works(provider, a);
        await provider.cloud.stopHost(a);
        equal(await provider.isAlive(a), false);
        const status = await stateIs(provider, a, 'stopped');
        deepEqual([status.initPid, status.addresses], [null, []]);
        await provider.cloud.stopHost(a);
        await provider.cloud.startHost(a);
        await works(provider, a);
      }),
  },
  {
    name: 'a fence is confirmed when nothing of the host can act any more',
    check: (provider) =>
      withHosts(provider, ['a'], async ({ a }) => {
        await works(provider, a);
        await provider.cloud.fence(a, 'decision-1');
        equal(await provider.isAlive(a), false);
        await stateIs(provider, a, 'fenced');
      }),
  },
  {
    name: 'a fence with the same token is the same fence, with another one another',
    check: (provider) =>
      withHosts(provider, ['a'], async ({ a }) => {
        const first = await provider.cloud.fence(a, 'decision-1');
        await provider.pass(20);
        deepEqual(await provider.cloud.fence(a, 'decision-1'), first);
        await provider.pass(20);
        notEqual((await provider.cloud.fence(a, 'decision-2')).confirmedAt, first.confirmedAt);
      }),
  },
  {
    name: 'a fence outlives the provider, and only its own token lifts it',
    restarts: true,
    check: (provider) =>
      withHosts(provider, ['a'], async ({ a }) => {
        const { cloud } = provider;
        const first = await cloud.fence(a, 'decision-1');
        await provider.restart();
        const { fence } = await stateIs(provider, a, 'fenced');
        deepEqual(fence, { token: 'decision-1', ...first });
        deepEqual(await cloud.fence(a, 'decision-1'), first);
        await refuses('FENCED', () => cloud.startHost(a));
        await refuses('FENCED', () => cloud.startHost(a, { fence: 'decision-0' }));
        // Who comes second holds it: the first one’s reasons for a start are old.
        await cloud.fence(a, 'decision-2');
        await refuses('FENCED', () => cloud.startHost(a, { fence: 'decision-1' }));
        equal(await provider.isAlive(a), false);
        await cloud.startHost(a, { fence: 'decision-2' });
        equal('fence' in (await stateIs(provider, a, 'running')), false);
        await works(provider, a);
      }),
  },
  {
    name: 'a fence that was lifted is over: its token again harms nobody',
    restarts: true,
    check: (provider) =>
      withHosts(provider, ['a'], async ({ a }) => {
        const { cloud } = provider;
        const first = await cloud.fence(a, 'decision-1');
        await provider.pass(20);
        const second = await cloud.fence(a, 'decision-2');
        await cloud.startHost(a, { fence: 'decision-2' });
        const pid = await works(provider, a);
        await provider.restart();
        deepEqual(await cloud.fence(a, 'decision-1'), first);
        deepEqual(await cloud.fence(a, 'decision-2'), second);
        equal(await works(provider, a), pid);
      }),
  },
  {
    name: 'a service that runs with an old configuration is named until it is refreshed',
    check: (provider) =>
      withHosts(provider, ['a'], async ({ a }) => {
        await works(provider, a);
        const old = provider.define(a, 'a');
        const services = old.services.map((each) => ({
          ...each,
          files: [{ path: 'work.conf', content: 'new', owner: 'root', mode: 0o644 }],
        }));
        const wanted = { ...old, services };
        // To compare changes nothing, so that it can be done again.
        for (let n = 0; n < 2; n++) {
          const found = await provider.cloud.compareHost(wanted);
          deepEqual(found, {
            isKnown: true,
            isNew: false,
            isOther: true,
            changed: ['work'],
            reloads: [],
            mustRestart: false,
          });
        }
        for (let n = 0; n < 2; n++) deepEqual((await provider.cloud.createHost(wanted)).changed, ['work']);
        equal((await provider.cloud.compareHost(wanted)).isOther, false);
        await provider.cloud.refreshService(a, 'work');
        deepEqual((await provider.cloud.createHost(wanted)).changed, []);
        await works(provider, a);
      }),
  },
  {
    name: 'a service goes on where nothing changed but what it takes over while it runs',
    check: (provider) =>
      withHosts(provider, [], async ({ a }) => {
        const { cloud } = provider;
        const define = (run: string, content: string) => {
          const definition = provider.define(a, 'a');
          const services = definition.services.map((each) => ({
            ...each,
            run: `${each.run}${run}`,
            live: { files: ['work.conf'], script: 'test -e /etc/sbmcrm/work.conf' },
            files: [{ path: 'work.conf', content, owner: 'root', mode: 0o600 }],
          }));
          return { ...definition, services };
        };
        await cloud.createHost(define('', 'one'));
        await cloud.startHost(a);
        const pid = await works(provider, a);
        deepEqual((await cloud.compareHost(define('', 'two'))).reloads, ['work']);
        deepEqual((await cloud.createHost(define('', 'two'))).changed, ['work']);
        await cloud.refreshService(a, 'work');
        deepEqual((await cloud.compareHost(define('', 'two'))).changed, []);
        equal(await works(provider, a), pid);
        deepEqual((await cloud.compareHost(define('\n', 'three'))).reloads, []);
        deepEqual((await cloud.createHost(define('\n', 'three'))).changed, ['work']);
        await cloud.refreshService(a, 'work');
        deepEqual((await cloud.compareHost(define('\n', 'three'))).changed, []);
        notEqual(await works(provider, a), pid);
      }),
  },
  {
    name: 'a host that gets another service must be started anew, and is asked for nothing more then',
    check: (provider) =>
      withHosts(provider, ['a'], async ({ a }) => {
        const { cloud } = provider;
        const pid = await works(provider, a);
        const old = provider.define(a, 'a');
        const wanted = {
          ...old,
          services: [...old.services, ...old.services.map((each) => ({ ...each, name: 'more' }))],
        };
        equal((await cloud.compareHost(wanted)).mustRestart, true);
        await cloud.createHost(wanted);
        const found = await cloud.compareHost(wanted);
        deepEqual([found.mustRestart, found.changed], [true, []]);
        equal(await works(provider, a), pid);
        await cloud.stopHost(a);
        await cloud.startHost(a);
        equal((await cloud.compareHost(wanted)).mustRestart, false);
        await eventually(provider, `${a}/more is up`, async () =>
          (await cloud.hostState(a)).services.some(({ name, state }) => name === 'more' && state === 'up'),
        );
      }),
  },
  {
    name: 'a host that is deleted is gone, and so is its place behind the load balancers',
    check: (provider) =>
      withHosts(provider, ['a'], async ({ a }) => {
        const { cloud } = provider;
        await cloud.attachBackend(a, provider.define(a, 'a').address, 8080);
        await cloud.deleteHost(a);
        equal(await provider.isAlive(a), false);
        equal(
          (await cloud.listHosts()).some(({ name }) => name === a),
          false,
        );
        equal(
          (await cloud.listBackends()).some(({ name }) => name === a),
          false,
        );
        await refuses('UNKNOWN_HOST', () => cloud.hostState(a));
      }),
  },
  {
    name: 'what there is not is refused by name',
    check: (provider) =>
      withHosts(provider, ['a'], async ({ a, nobody }) => {
        const { cloud } = provider;
        for (const call of [
          () => cloud.hostState(nobody),
          () => cloud.startHost(nobody),
          () => cloud.stopHost(nobody),
          () => cloud.deleteHost(nobody),
          () => cloud.fence(nobody, 'decision-1'),
          () => cloud.startService(nobody, 'work'),
        ]) {
          await refuses('UNKNOWN_HOST', call);
        }
        await refuses('UNKNOWN_SERVICE', () => cloud.startService(a, 'play'));
        await refuses('UNKNOWN_SERVICE', () => cloud.refreshService(a, 'play'));
      }),
  },
  {
    name: 'what is attached is listed until it is detached, whatever dies',
    restarts: true,
    check: (provider) =>
      withHosts(provider, ['a'], async ({ a }) => {
        const { cloud } = provider;
        const states = async () =>
          Object.fromEntries((await cloud.listBackends()).map(({ name, state }) => [name, state]));
        await cloud.attachBackend(a, provider.define(a, 'a').address, 8080);
        await provider.restart();
        equal(a in (await states()), true);
        await cloud.drainBackend(a);
        await eventually(provider, 'it drains', async () => (await states())[a] === 'draining');
        await cloud.detachBackend(a);
        equal(a in (await states()), false);
        await refuses('UNKNOWN_BACKEND', () => cloud.detachBackend(a));
        await refuses('UNKNOWN_BACKEND', () => cloud.drainBackend(a));
      }),
  },
];
