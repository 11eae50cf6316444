import type { FaultRequest, HostDefinition } from '@sbmcrm/cloud';
import { SimulatedCloud, SimulatedWorld } from '@sbmcrm/cloud/simulated';
import { parseSpec } from '@sbmcrm/spec';
import { planTopology, type Topology, withPresent } from '@sbmcrm/topology';
import { describe, expect, it } from 'vitest';
import { applySteps } from './apply.ts';
import { type Found, planUp, type Step } from './plan.ts';
import { planText, stepText } from './steps-text.ts';
import type { Waits } from './waits.ts';

const topologyOf = (text: string, watched = false) =>
  planTopology(parseSpec(`monitoring: { enabled: ${watched} }\n${text}`, 'test.yaml'));
const TOPOLOGY = topologyOf('');
const ALL = TOPOLOGY.hosts.map(({ name }) => name);
const QUORUM = ['quorum-a', 'quorum-b', 'quorum-c'];
const DATABASES = ['postgres-a', 'postgres-b'];

/** A host as the cloud is told of it, without what engines would add. @param version of its configuration */
function definition(host: Topology['hosts'][number], version: string): HostDefinition {
  return {
    name: host.name,
    region: host.region,
    zone: host.zone,
    address: host.address,
    managementAddress: host.managementAddress,
    services: host.services.map((name) => ({ name, run: version, files: [] })),
    hosts: '',
    networkAdmin: false,
    code: false,
    size: host.size,
  };
}

/** A simulated machine with what a command needs of it. */
class Machine {
  readonly world = new SimulatedWorld();
  readonly cloud = new SimulatedCloud(this.world);
  topology = TOPOLOGY;
  version = 'one';
  /** Hosts with another configuration than the others. */
  newer: readonly string[] = [];
  unlinked = new Set<string>();
  primary: string | null = null;
  lastPrimary: string | null = null;
  /** What was waited for, in order. */
  readonly waited: string[] = [];
  /** After so many calls the command is killed. */
  callsLeft = Number.POSITIVE_INFINITY;

  definitions(): HostDefinition[] {
    return this.topology.hosts.map((host) => definition(host, this.newer.includes(host.name) ? 'two' : this.version));
  }

  async found(): Promise<Found> {
    const { cloud, unlinked, primary, lastPrimary } = this;
    const comparisons = new Map<string, Awaited<ReturnType<SimulatedCloud['compareHost']>>>();
    for (const each of this.definitions()) comparisons.set(each.name, await cloud.compareHost(each));
    const [hosts, faults] = [await cloud.listHosts(), await cloud.listFaults()];
    return { hosts, faults, kinds: cloud.kinds, comparisons, unlinked, primary, lastPrimary, applied: TOPOLOGY };
  }

  async plan(): Promise<Step[]> {
    return planUp(this.topology, await this.found());
  }

  async apply(steps: readonly Step[]): Promise<void> {
    const waits: Waits = {
      primary: async (host) => {
        const alone = DATABASES.filter((name) => this.world.isAlive(name));
        this.waited.push(`${host} of ${alone.join()}`);
        this.primary = host;
      },
      answered: async () => {},
      leadsNoMore: async (host) => void this.waited.push(`${host} leads no more`),
      recovered: async (host) => void this.waited.push(host),
    };
    const killable = new Proxy(this.cloud, {
      get: (cloud, name: keyof SimulatedCloud) => {
        const call = cloud[name] as (...args: unknown[]) => unknown;
        return (...args: unknown[]) => {
          if (--this.callsLeft < 0) throw new Error('killed');
          return call.apply(cloud, args);
        };
      },
    });
    const progress = { step: <T>(_title: string, task: (note: () => void) => Promise<T>) => task(() => {}) };
    await applySteps({ cloud: killable, definitions: this.definitions(), progress, waits }, steps);
    for (const name of this.unlinked) if (this.world.isAlive(name)) this.unlinked.delete(name);
  }

  /** One `up`. @returns what it did */
  async up(): Promise<Step[]> {
    const steps = await this.plan();
    await this.apply(steps);
    return steps;
  }

  /** As auto-scaling does: in a slot past the spec's own. */
  async add(name: string): Promise<void> {
    this.topology = withPresent(this.topology, [name]);
    for (const each of this.definitions().filter((definition) => definition.name === name)) {
      await this.cloud.createHost(each);
      await this.cloud.startHost(name);
    }
  }

  inject(...faults: FaultRequest[]) {
    return this.cloud.injectFaults(faults);
  }

  off(...hosts: readonly string[]): void {
    for (const [name, host] of this.world.hosts) if (hosts.includes(name)) this.world.powerOff(host);
  }
}

async function running(): Promise<Machine> {
  const machine = new Machine();
  await machine.up();
  machine.primary = 'postgres-a';
  machine.lastPrimary = 'postgres-a';
  return machine;
}

const start = (...hosts: string[]): Step => ({ do: 'start-hosts', hosts: hosts.sort() });
const others = (...names: string[]) => ALL.filter((name) => !names.includes(name));

describe('up, from nothing', () => {
  it('defines and starts all, and has nothing to do then', async () => {
    const machine = new Machine();
    expect(await machine.up()).toEqual([{ do: 'define-hosts', hosts: ALL }, start(...ALL)]);
    expect(await machine.plan()).toEqual([]);
    expect((await machine.cloud.listHosts()).map(({ state }) => state)).toEqual(ALL.map(() => 'running'));
  });

  it('is carried on wherever it was killed', async () => {
    for (let calls = 0; calls <= 2 * ALL.length; calls++) {
      const machine = new Machine();
      machine.callsLeft = calls;
      await machine.up().catch(() => {});
      machine.callsLeft = Number.POSITIVE_INFINITY;
      await machine.up();
      expect(await machine.plan()).toEqual([]);
    }
  });
});

/** What was done to a platform that ran, and what `up` must do then. */
const RUINS: Record<string, [(machine: Machine) => unknown, (machine: Machine) => Step[]]> = {
  'nothing happened': [() => {}, () => []],
  'a server was added at run time': [(machine) => machine.add('sbmcrm-api-03'), () => []],
  'a server that was added at run time lost its power': [
    async (machine) => {
      await machine.add('sbmcrm-api-03');
      machine.off('sbmcrm-api-03');
    },
    () => [start('sbmcrm-api-03')],
  ],
  'the configuration of a server that was added at run time is another': [
    async (machine) => {
      await machine.add('sbmcrm-api-03');
      machine.newer = ['sbmcrm-api-03'];
    },
    () => [
      { do: 'define-hosts', hosts: ['sbmcrm-api-03'] },
      { do: 'take-over', host: 'sbmcrm-api-03', services: ['router', 'api'] },
    ],
  ],
  'replicas and a quorum host lost their power': [
    (machine) => machine.off('replica-a', 'quorum-c'),
    () => [start('replica-a', 'quorum-c')],
  ],
  'all lost their power: the last primary leads first': [
    (machine) => {
      machine.off(...ALL);
      machine.primary = null;
    },
    () => [{ ...start(...ALL), first: 'postgres-a', later: ['postgres-b'] } as Step],
  ],
  'all lost their power, and nobody ever led': [
    (machine) => {
      machine.off(...ALL);
      Object.assign(machine, { primary: null, lastPrimary: null });
    },
    () => [start(...ALL)],
  ],
  'both databases lost their power, the other one led last': [
    (machine) => {
      machine.off(...DATABASES);
      Object.assign(machine, { primary: null, lastPrimary: 'postgres-b' });
    },
    () => [{ ...start(...DATABASES), first: 'postgres-b', later: ['postgres-a'] } as Step],
  ],
  'the standby lost its power beside a primary': [(machine) => machine.off('postgres-b'), () => [start('postgres-b')]],
  'the primary lost its power, and the standby chooses for itself': [
    (machine) => {
      machine.off('postgres-a');
      machine.primary = null;
    },
    () => [start('postgres-a')],
  ],
  'the last primary recovers already, and the other one is off: it still comes first': [
    (machine) => {
      machine.off('postgres-b');
      machine.primary = null;
    },
    () => [{ ...start('postgres-b'), first: 'postgres-a', later: ['postgres-b'] } as Step],
  ],
  'a host was fenced': [
    (machine) => machine.cloud.fence('redis-a', 'decision'),
    () => [{ ...start('redis-a'), fences: [{ host: 'redis-a', token: 'decision' }] } as Step],
  ],
  'hosts have another service than the one they were started with, which nobody waits for: they go on until all is well':
    [
      (machine) => {
        machine.topology = {
          ...TOPOLOGY,
          hosts: TOPOLOGY.hosts.map((host) =>
            host.role === 'database' ? { ...host, services: [...host.services, 'router'] } : host,
          ),
        };
      },
      () => [{ do: 'define-hosts', hosts: DATABASES }],
    ],
  'hosts have another service, which others wait for': [
    (machine) => {
      machine.topology = {
        ...TOPOLOGY,
        hosts: TOPOLOGY.hosts.map((host) =>
          host.role === 'database' ? { ...host, services: [...host.services, 'prometheus'] } : host,
        ),
      };
    },
    () => [
      { do: 'stop-hosts', hosts: DATABASES, inOrder: true },
      { do: 'define-hosts', hosts: DATABASES },
      start(...DATABASES),
    ],
  ],
  'a disk failed, and somebody deleted a link': [
    (machine) => {
      const host = machine.world.hosts.get('redis-b');
      if (host) host.diskFailed = true;
      machine.unlinked.add('replica-b');
    },
    () => [{ do: 'stop-hosts', hosts: ['redis-b', 'replica-b'] }, start('redis-b', 'replica-b')],
  ],
  'a service was stopped': [
    (machine) => machine.world.stopService('redis-a', 'redis'),
    () => [{ do: 'start-services', services: [{ host: 'redis-a', service: 'redis' }] }],
  ],
  'a service is kept down by a fault: it stays so': [
    (machine) => machine.inject({ kind: 'kill', target: 'redis-a/redis', forMs: 60_000 }),
    () => [],
  ],
  'a host is frozen by a fault: it stays so': [
    (machine) => machine.inject({ kind: 'pause', target: 'replica-a' }),
    () => [],
  ],
  'a zone was stopped by a fault: a start ends it': [
    (machine) => machine.inject({ kind: 'stop', target: 'zone-b' }),
    (machine) => [start(...machine.topology.hosts.filter(({ zone }) => zone === 'b').map(({ name }) => name))],
  ],
  'the configuration of all changed: voters take it over first, the primary last': [
    (machine) => {
      machine.version = 'two';
    },
    (machine) => [
      { do: 'define-hosts', hosts: ALL },
      ...[...QUORUM, ...others('postgres-a', ...QUORUM).sort((x, y) => x.localeCompare(y)), 'postgres-a'].map(
        (host): Step => {
          const { services = [] } = machine.topology.hosts.find(({ name }) => name === host) ?? {};
          return { do: 'take-over', host, services: [...services] };
        },
      ),
    ],
  ],
  'the configuration of a stopped host changed: it starts with it': [
    (machine) => {
      machine.off('redis-b');
      machine.newer = ['redis-b'];
    },
    () => [{ do: 'define-hosts', hosts: ['redis-b'] }, start('redis-b')],
  ],
  'the configuration of a frozen host changed: it is not restarted': [
    async (machine) => {
      await machine.inject({ kind: 'pause', target: 'redis-b' });
      machine.newer = ['redis-b'];
    },
    () => [{ do: 'define-hosts', hosts: ['redis-b'] }],
  ],
  'a definition was stored by a command that was killed then': [
    async (machine) => {
      machine.newer = ['redis-b'];
      for (const each of machine.definitions()) await machine.cloud.createHost(each);
    },
    () => [{ do: 'take-over', host: 'redis-b', services: ['redis'] }],
  ],
  'the spec has a replica more': [
    (machine) => {
      machine.topology = topologyOf('database: { readReplicas: [{ zone: a }, { zone: b }, { zone: b }] }');
    },
    (machine) => {
      const more = machine.topology.hosts.map(({ name }) => name).filter((name) => !ALL.includes(name));
      return [{ do: 'define-hosts', hosts: more }, start(...more)];
    },
  ],
  'the spec has a replica less': [
    (machine) => {
      machine.topology = topologyOf('database: { readReplicas: [{ zone: a }] }');
    },
    () => [{ do: 'remove-host', host: 'replica-b' }],
  ],
  'the spec has no monitoring any more': [
    async (machine) => {
      machine.topology = topologyOf('', true);
      await machine.up();
      machine.topology = TOPOLOGY;
    },
    () => ['monitor-a', 'monitor-b'].map((host): Step => ({ do: 'remove-host', host })),
  ],
};

describe('up, of a platform that ran, where', () => {
  it.each(Object.entries(RUINS))('%s', async (_what, [ruin, expected]) => {
    const machine = await running();
    await ruin(machine);
    const wanted = expected(machine);
    const steps = await machine.up();
    const isHost = ({ do: what }: Step) => what !== 'take-over';
    expect(steps.filter(isHost)).toEqual(wanted.filter(isHost));
    expect(steps.filter((step) => !isHost(step)).map((step) => 'host' in step && step.host)).toEqual(
      wanted.filter((step) => !isHost(step)).map((step) => 'host' in step && step.host),
    );
    // What is left is a fault's doing.
    machine.primary ??= 'postgres-a';
    expect(await machine.plan()).toEqual([]);
  });

  it('is carried on wherever it was killed', async () => {
    for (let calls = 0; calls < 12; calls++) {
      const machine = await running();
      machine.off('postgres-a', 'postgres-b', 'lb-a');
      Object.assign(machine, { primary: null, newer: ['redis-a', 'postgres-b'], callsLeft: calls });
      machine.world.stopService('quorum-a', 'etcd');
      await machine.up().catch(() => {});
      machine.callsLeft = Number.POSITIVE_INFINITY;
      await machine.up();
      expect(await machine.plan()).toEqual([]);
    }
  });

  it('does not start the other database before the last primary leads', async () => {
    const machine = await running();
    machine.off(...ALL);
    machine.primary = null;
    await machine.up();
    expect(machine.waited).toEqual(['postgres-a of postgres-a']);
    expect(machine.world.isAlive('postgres-b')).toBe(true);
  });

  it('refuses what data or votes cannot follow, and does nothing', async () => {
    const machine = await running();
    machine.topology = { ...TOPOLOGY, hosts: TOPOLOGY.hosts.filter(({ name }) => name !== 'redis-b') };
    await expect(machine.plan()).rejects.toThrow('the spec has no host redis-b any more');
    machine.topology = {
      ...TOPOLOGY,
      hosts: TOPOLOGY.hosts.map((host) => (host.name === 'quorum-c' ? { ...host, services: [] } : host)),
    };
    await expect(machine.plan()).rejects.toThrow(/moves etcd from quorum-a, quorum-b, quorum-c to/);
  });

  it('does not stop the last host of its role whose disk was deleted', async () => {
    const machine = await running();
    const found = await machine.found();
    const stops = (gone: readonly string[], unlinked: readonly string[]) => {
      const hosts = found.hosts.map((host) => (gone.includes(host.name) ? { ...host, diskGone: true as const } : host));
      return planUp(TOPOLOGY, { ...found, hosts, unlinked: new Set(unlinked) })
        .flatMap((step) => (step.do === 'stop-hosts' ? step.hosts : []))
        .sort();
    };
    expect(stops(DATABASES, DATABASES)).toEqual([]);
    expect(stops(['postgres-a'], DATABASES)).toEqual(['postgres-b']);
    expect(stops(['postgres-a'], ['postgres-a'])).toEqual(['postgres-a']);
    expect(stops(['quorum-a', 'quorum-b'], ['quorum-a'])).toEqual([]);
    expect(stops(['quorum-a'], ['quorum-a'])).toEqual(['quorum-a']);
  });

  it('makes a host with a vote anew that somebody deleted', async () => {
    const machine = await running();
    machine.off('quorum-b', 'postgres-b');
    for (const name of ['quorum-b', 'postgres-b']) machine.world.hosts.delete(name);
    const steps = await machine.up();
    expect(steps).toEqual([
      { do: 'define-hosts', hosts: ['postgres-b', 'quorum-b'] },
      { do: 'start-hosts', hosts: ['postgres-b', 'quorum-b'] },
    ]);
    expect(machine.world.isAlive('quorum-b')).toBe(true);
  });
});

describe('up, of a platform with a fenced host', () => {
  it('waits until it leads no more, and lifts no fence but the one that was seen', async () => {
    const machine = await running();
    await machine.cloud.fence('postgres-a', 'decision-1');
    machine.primary = 'postgres-b';
    const steps = await machine.plan();
    await machine.cloud.fence('postgres-a', 'decision-2');
    await expect(machine.apply(steps)).rejects.toMatchObject({ code: 'FENCED' });
    expect(machine.world.isAlive('postgres-a')).toBe(false);
    await machine.up();
    expect(machine.waited).toEqual(['postgres-a leads no more', 'postgres-a leads no more']);
    expect(machine.world.isAlive('postgres-a')).toBe(true);
  });
});

describe('a plan in words', () => {
  it('says what is done, in order, or that there is nothing to do', async () => {
    const machine = await running();
    machine.off(...DATABASES);
    Object.assign(machine, { primary: null, newer: ['lb-a'] });
    expect(
      planText(await machine.plan())
        .split('\n')
        .slice(0, 4),
    ).toEqual([
      '`sbmcrm up` would:',
      '  - Define 1 host: lb-a',
      '  - Start 2 hosts: postgres-a, postgres-b; postgres-a leads before postgres-b may start',
      expect.stringMatching(/^ {2}- New configuration on lb-a: /),
    ]);
    expect(planText([])).toMatch(/^Nothing to change/);
  });
});

describe('a step in words', () => {
  it.each<[Step, string]>([
    [{ do: 'install-packages', packages: ['runc', 'nftables'] }, 'Install Debian packages: runc, nftables'],
    [{ do: 'end-orphan' }, 'End the platform whose state folder was deleted'],
    [{ do: 'build-image' }, 'Build the image of hosts (once, about a minute)'],
    [{ do: 'make-platform', network: '10.77.0.0/16' }, 'Make a new platform in 10.77.0.0/16'],
    [{ do: 'connect', network: '10.77.0.0/16' }, 'Make the network 10.77.0.0/16, or what is missing of it'],
    [{ do: 'start-cloud' }, "Start the local cloud's daemon"],
    [{ do: 'remove-host', host: 'replica-b' }, 'Remove replica-b'],
    [{ do: 'stop-hosts', hosts: ['redis-a', 'redis-b'] }, 'Stop redis-a, redis-b: disk or link is lost'],
    [{ do: 'stop-hosts', hosts: ['redis-a'], inOrder: true }, 'Stop redis-a: other services run there from now on'],
    [
      { do: 'start-hosts', hosts: ['redis-a'], fences: [{ host: 'redis-a', token: 'decision' }] },
      'Start 1 host: redis-a; the fence of redis-a (decision) is lifted',
    ],
    [{ do: 'start-services', services: [{ host: 'redis-a', service: 'redis' }] }, 'Start redis-a/redis'],
    [{ do: 'take-over', host: 'lb-a', services: ['haproxy'] }, 'New configuration on lb-a: haproxy'],
  ])('%o', (step, text) => {
    expect(stepText(step)).toBe(text);
  });
});
