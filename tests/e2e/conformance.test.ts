import { CONFORMANCE, type ProviderUnderTest, type Rule } from '@sbmcrm/cloud/conformance';
import { Runtime } from '@sbmcrm/local';
import { openCloud, openWorkspace } from '@sbmcrm/platform';
import { hostAddresses, planNetwork } from '@sbmcrm/topology';
import { beforeAll, describe, expect, it } from 'vitest';
import { eventually } from './cli.ts';
import { daemonOf, killDaemon } from './daemon.ts';
import { shared, UNWATCHED } from './platform.ts';

const plan = planNetwork(shared.network);
const ZONES = { a: 1, b: 2 };
/** From here on, of no host of the platform's. */
const OFFSET = 220;
const runtime = new Runtime(plan);
let cloud: ProviderUnderTest['cloud'];

beforeAll(async () => {
  expect((await shared.up()).code).toBe(0);
  ({ cloud } = openCloud(openWorkspace({ state: shared.state, spec: UNWATCHED })));
});

/** The cloud on this machine, beside the hosts of a platform that runs. @param n of the rule that is checked */
const provider = (n: number): ProviderUnderTest => ({
  get cloud() {
    return cloud;
  },
  prefix: `conform-${n}`,
  define: (name, zone) => ({
    name,
    region: 'primary',
    zone,
    ...hostAddresses(plan, ZONES[zone as keyof typeof ZONES], OFFSET + n),
    services: [{ name: 'work', run: '#!/bin/sh\nexec sleep infinity\n', files: [] }],
    hosts: '',
    networkAdmin: false,
    code: false,
    size: { cpus: 1, memory: 64 * 1024 ** 2, disk: 8 * 1024 ** 3 },
  }),
  isAlive: async (host) => runtime.processes(host).length > 0,
  pass: (milliseconds) => new Promise((done) => setTimeout(done, milliseconds)),
  restart: async () => {
    const { pid } = daemonOf(shared);
    killDaemon(shared);
    await eventually('its supervisor has started another one', async () => {
      if (daemonOf(shared).pid === pid) return false;
      return cloud.listHosts().then(
        () => true,
        () => false,
      );
    });
  },
});

/** Rules with what each is given. */
const rules = CONFORMANCE.map((rule, n): [string, Rule, ProviderUnderTest] => [rule.name, rule, provider(n)]);

describe('the local cloud', () => {
  // They have hosts of their own, and wait most of the time.
  describe.concurrent('at the same time', () => {
    it.each(rules.filter(([, { restarts }]) => !restarts))('%s', (_name, { check }, each) => check(each));
  });

  it.each(rules.filter(([, { restarts }]) => restarts))('%s', (_name, { check }, each) => check(each));

  it('leaves the platform as it was', async () => {
    await shared.healthy();
  });
});
