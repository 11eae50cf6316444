import { describe, expect, it } from 'vitest';
import type { HostDefinition, HostStatus } from '../hosts.ts';
import { SimulatedCloud } from '../simulated/cloud.ts';
import { SimulatedWorld } from '../simulated/world.ts';
import { CloudClient } from '../wire/client.ts';
import type { CloudTokens } from '../wire/scopes.ts';
import { createServer } from '../wire/server.ts';
import { CONFORMANCE, type ProviderUnderTest } from './index.ts';

function define(name: string, zone: string): HostDefinition {
  const address = zone === 'a' ? '10.99.1.240' : '10.99.2.240';
  return {
    name,
    region: 'primary',
    zone,
    address,
    managementAddress: '10.99.128.240',
    services: [{ name: 'work', run: '', files: [] }],
    hosts: '',
    networkAdmin: false,
    code: false,
    size: { cpus: 1, memory: 64 * 1024 ** 2, disk: 8 * 1024 ** 3 },
  };
}

type Simulated = new (world: SimulatedWorld) => SimulatedCloud;

function simulated(Provider: Simulated = SimulatedCloud): ProviderUnderTest {
  const world = new SimulatedWorld();
  let cloud = new Provider(world);
  return {
    get cloud() {
      return cloud;
    },
    prefix: 'conform',
    define,
    isAlive: async (host) => world.isAlive(host),
    pass: async (milliseconds) => world.clock.pass(milliseconds),
    restart: async () => {
      cloud.close();
      cloud = new Provider(world);
    },
  };
}

describe('the simulated cloud', () => {
  it.each(CONFORMANCE)('$name', ({ check }) => check(simulated()));
});

describe('a cloud behind its HTTP interface', () => {
  const tokens: CloudTokens = {
    observe: 'o',
    operate: 'p',
    fence: 'f',
    schedule: 'schedule',
    inject: 'i',
    scale: 'scale',
  };

  it.each(CONFORMANCE)('$name', async ({ check }) => {
    const provider = simulated();
    let server = createServer(provider.cloud, tokens);
    const base = await server.listen({ host: '127.0.0.1', port: 0 });
    const cloud = new CloudClient({ base, tokens, kinds: provider.cloud.kinds });
    const restart = async () => {
      await server.close();
      await provider.restart();
      server = createServer(provider.cloud, tokens);
      await server.listen({ host: '127.0.0.1', port: Number(new URL(base).port) });
    };
    try {
      await check({ ...provider, cloud, restart });
    } finally {
      await server.close();
    }
  });
});

/** Bugs of a kind that providers had, each with the rule that must find it. */
const PLANTED: Record<string, [Simulated, RegExp]> = {
  'a fence that is confirmed too early': [
    class extends SimulatedCloud {
      override async fence(name: string, token: string) {
        const { initPid } = this.host(name);
        const confirmed = await super.fence(name, token);
        const host = this.host(name);
        host.initPid = initPid; // the processes are still being killed …
        this.world.clock.at(this.world.clock.nowMs + 5, () => this.world.powerOff(host)); // … a moment later they are
        return confirmed;
      }
    },
    /a fence is confirmed when/,
  ],
  'a start that is not idempotent': [
    class extends SimulatedCloud {
      override async startHost(name: string) {
        this.world.powerOff(this.host(name));
        await super.startHost(name);
      }
    },
    /a start may be repeated/,
  ],
  'a listing that lags': [
    class extends SimulatedCloud {
      #seen: HostStatus[] = [];
      override async listHosts() {
        const before = this.#seen;
        this.#seen = await super.listHosts();
        return before;
      }
    },
    /a host is listed as soon as/,
  ],
  'a lost undo': [
    class extends SimulatedCloud {
      override async clearFault(id: string) {
        const fault = this.world.faults.find((each) => each.id === id);
        if (!fault) return super.clearFault(id);
        this.world.faults = this.world.faults.filter((each) => each !== fault);
      }
    },
    /a fault holds until it is taken back/,
  ],
  'a token that is ignored': [
    class extends SimulatedCloud {
      override async fence(name: string) {
        return super.fence(name, `${this.world.clock.nowMs}`);
      }
    },
    /a fence with the same token/,
  ],
};

describe('finds', () => {
  it.each(Object.entries(PLANTED))('%s', async (_what, [Provider, rule]) => {
    const broken: string[] = [];
    for (const { name, check } of CONFORMANCE) {
      await check(simulated(Provider)).catch(() => broken.push(name));
    }
    expect(broken).toContainEqual(expect.stringMatching(rule));
  });
});

it('has rules that are told apart by name', () => {
  const names = CONFORMANCE.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});
