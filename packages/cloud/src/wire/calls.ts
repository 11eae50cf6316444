import { z } from 'zod';
import type { Cloud } from '../cloud.ts';
import { CloudError } from '../error.ts';
import type { FaultRequest } from '../faults/fault.ts';
import type { Fleet } from '../fleet.ts';
import type { Tasks } from '../tasks.ts';
import { type CallInput, definition, name, place, schemaOf, service } from './input.ts';
import {
  backendSchema,
  diskPathSchema,
  faultIdSchema,
  fenceSchema,
  startSchema,
  stopSchema,
  taskSchema,
  whySchema,
} from './schema.ts';
import { SCOPES, type Scope } from './scopes.ts';

/** One call of the interface: from here the server has its routes, and the manual its table. */
export interface Call {
  method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  /** Below `/v1`. */
  path: string;
  /** Tokens that may make it. */
  scopes: readonly Scope[];
  /** What it takes in its body, as the manual shows it. */
  takes?: string;
  does: string;
  /** @throws CloudError; ZodError for what has the wrong form */
  run(cloud: Cloud, input: CallInput): Promise<unknown>;
}

/** Faults of one stroke. */
const MOST_AT_ONCE = 100;

const HOST_CALLS: readonly Call[] = [
  {
    method: 'GET',
    path: '/hosts',
    scopes: SCOPES,
    does: 'state, services and addresses of every host',
    run: (cloud) => cloud.listHosts(),
  },
  {
    method: 'GET',
    path: '/hosts/:name',
    scopes: SCOPES,
    does: 'the same of one',
    run: (cloud, input) => cloud.hostState(name(input)),
  },
  {
    method: 'PUT',
    path: '/hosts/:name',
    scopes: ['operate'],
    takes: 'the definition: addresses, size, services with run scripts and files',
    does: 'defines a host and starts nothing; a new size is a running host’s at once; names the services that run with another configuration until they are refreshed',
    run: (cloud, input) => cloud.createHost(definition(input)),
  },
  {
    method: 'POST',
    path: '/hosts/:name/compare',
    scopes: ['operate'],
    takes: 'a definition',
    does: 'what defining it would find → `{ isKnown, isNew, isOther, changed, reloads, mustRestart, otherCode? }`; changes nothing',
    run: (cloud, input) => cloud.compareHost(definition(input)),
  },
  {
    method: 'DELETE',
    path: '/hosts/:name',
    scopes: ['operate'],
    does: 'stops a host and forgets it with its disk, its faults and its place behind the load balancers',
    run: (cloud, input) => cloud.deleteHost(name(input)),
  },
  {
    method: 'POST',
    path: '/hosts/:name/start',
    scopes: ['operate', 'fence'],
    takes: '{ fence? }',
    does: 'starts a stopped host; a fenced one only with its fence’s token, which lifts the fence',
    run: (cloud, input) => cloud.startHost(name(input), startSchema.parse(input.body ?? {})),
  },
  {
    method: 'POST',
    path: '/hosts/:name/stop',
    scopes: ['operate'],
    takes: '{ timeoutMs? }',
    does: 'services end in good order, the rest is killed',
    run: (cloud, input) => cloud.stopHost(name(input), stopSchema.parse(input.body ?? {})),
  },
  {
    method: 'POST',
    path: '/hosts/:name/fence',
    scopes: ['fence'],
    takes: '{ token }',
    does: 'data link down, processes killed, seen to be gone → `{ confirmedAt }`; the host stays down until that token lifts the fence; the same token again returns the first confirmation',
    run: (cloud, input) => cloud.fence(name(input), fenceSchema.parse(input.body).token),
  },
  {
    method: 'POST',
    path: '/hosts/:name/services/:service/start',
    scopes: ['operate'],
    does: 'starts a service that was stopped',
    run: (cloud, input) => cloud.startService(name(input), service(input)),
  },
  {
    method: 'POST',
    path: '/hosts/:name/services/:service/refresh',
    scopes: ['operate'],
    does: 'takes over changed files: a reload where the process can, else a restart',
    run: (cloud, input) => cloud.refreshService(name(input), service(input)),
  },
  {
    method: 'GET',
    path: '/hosts/:name/disk',
    scopes: ['operate'],
    takes: '`?path=`',
    does: 'a small file from the host’s disk, also while it is stopped; null if there is none',
    run: (cloud, input) => {
      const path = diskPathSchema.parse(input.query.path);
      if (!cloud.access.readDisk)
        throw new CloudError('NOT_OFFERED', 'this cloud does not show the disks of its hosts');
      return cloud.access.readDisk(name(input), path);
    },
  },
];

const BACKEND_CALLS: readonly Call[] = [
  {
    method: 'GET',
    path: '/backends',
    scopes: SCOPES,
    does: 'API servers behind the load balancers, and what each of these says of them',
    run: (cloud) => cloud.listBackends(),
  },
  {
    method: 'PUT',
    path: '/backends/:name',
    scopes: ['operate'],
    takes: '{ address, port }',
    does: 'puts a server behind every load balancer',
    run: (cloud, input) => {
      const { address, port } = backendSchema.parse(input.body);
      return cloud.attachBackend(name(input), address, port);
    },
  },
  {
    method: 'POST',
    path: '/backends/:name/drain',
    scopes: ['operate'],
    does: 'no new sessions for it',
    run: (cloud, input) => cloud.drainBackend(name(input)),
  },
  {
    method: 'DELETE',
    path: '/backends/:name',
    scopes: ['operate'],
    does: 'takes it away',
    run: (cloud, input) => cloud.detachBackend(name(input)),
  },
];

const FAULT_CALLS: readonly Call[] = [
  {
    method: 'GET',
    path: '/faults',
    scopes: SCOPES,
    does: 'faults that are active',
    run: (cloud) => cloud.listFaults(),
  },
  {
    method: 'POST',
    path: '/faults',
    scopes: ['inject'],
    takes: '{ kind, target, forMs?, … } with the options of its kind, or a list of them for one stroke',
    does: 'breaks it; of a list all, or nothing',
    run: async (cloud, { body }) => {
      const fault = schemaOf(cloud.kinds);
      if (!Array.isArray(body)) return (await cloud.injectFaults([fault.parse(body) as FaultRequest]))[0];
      return cloud.injectFaults(z.array(fault).min(1).max(MOST_AT_ONCE).parse(body) as FaultRequest[]);
    },
  },
  {
    method: 'DELETE',
    path: '/faults/:id',
    scopes: ['inject'],
    does: 'takes a fault back',
    run: (cloud, { params }) => cloud.clearFault(faultIdSchema.parse(params.id)),
  },
];

const TASK_CALLS: readonly Call[] = [
  {
    method: 'GET',
    path: '/tasks',
    scopes: SCOPES,
    does: 'the last run of each task of the schedule → `[{ name, due, startedAt, endedAt, state, text }]`',
    run: async (cloud) => tasksOf(cloud).list(),
  },
  {
    method: 'PUT',
    path: '/tasks/:name',
    scopes: ['schedule'],
    takes: '{ due }',
    does: 'runs a task of the schedule, unless it ran for this time or a later one',
    run: async (cloud, input) => tasksOf(cloud).run(name(input), taskSchema.parse(input.body).due),
  },
];

function tasksOf(cloud: Cloud): Tasks {
  if (!cloud.tasks) throw new CloudError('NOT_OFFERED', 'this cloud runs nothing at set times');
  return cloud.tasks;
}

const FLEET_CALLS: readonly Call[] = [
  {
    method: 'GET',
    path: '/fleet',
    scopes: SCOPES,
    does: 'places of hosts that come and go, who is in each, how busy it is, and what the load balancers say of it',
    run: async (cloud) => fleetOf(cloud).list(),
  },
  {
    method: 'PUT',
    path: '/fleet/:name',
    scopes: ['operate'],
    takes: '{ host, port }: a definition, and where its host takes requests',
    does: 'defines a place',
    run: async (cloud, input) => fleetOf(cloud).define(place(input)),
  },
  {
    method: 'DELETE',
    path: '/fleet/:name',
    scopes: ['operate'],
    does: 'forgets a place',
    run: async (cloud, input) => fleetOf(cloud).undefine(name(input)),
  },
  {
    method: 'POST',
    path: '/fleet/:name/launch',
    scopes: ['scale'],
    takes: '{ why }',
    does: 'makes its host, starts it, and puts it behind the load balancers; one that does not run any more is made anew',
    run: async (cloud, input) => fleetOf(cloud).launch(name(input), whySchema.parse(input.body).why),
  },
  {
    method: 'POST',
    path: '/fleet/:name/drain',
    scopes: ['scale'],
    takes: '{ why }',
    does: 'no new sessions for its host',
    run: async (cloud, input) => fleetOf(cloud).drain(name(input), whySchema.parse(input.body).why),
  },
  {
    method: 'POST',
    path: '/fleet/:name/terminate',
    scopes: ['scale'],
    takes: '{ why }',
    does: 'its host ends what it is at, and goes with its disk',
    run: async (cloud, input) => fleetOf(cloud).terminate(name(input), whySchema.parse(input.body).why),
  },
];

function fleetOf(cloud: Cloud): Fleet {
  if (!cloud.fleet) throw new CloudError('NOT_OFFERED', 'no host comes or goes by itself in this cloud');
  return cloud.fleet;
}

/** Every call of a cloud's interface, in the order of the manual. */
export const CALLS: readonly Call[] = [...HOST_CALLS, ...BACKEND_CALLS, ...FAULT_CALLS, ...TASK_CALLS, ...FLEET_CALLS];
