import type { FaultKindInfo } from '../faults/kind.ts';
import type { SimulatedHost, SimulatedWorld } from './world.ts';

/** A kind of fault, with what it does to one host. */
export interface SimulatedKind extends FaultKindInfo {
  apply?(world: SimulatedWorld, host: SimulatedHost, service: string | undefined, lasts: boolean): void;
  undo?(world: SimulatedWorld, host: SimulatedHost, service: string | undefined): void;
  /** Of a zone or a region it hits these hosts alone. */
  hits?(host: SimulatedHost): boolean;
  endsWithStart?: boolean;
  needsPower?: boolean;
  isolates?: boolean;
}

/** What can be broken here: the kinds without options that providers share. */
export const SIMULATED_KINDS: Readonly<Record<string, SimulatedKind>> = {
  stop: {
    takes: ['host', 'place'],
    about: 'no power',
    endsWithStart: true,
    hits: (host) => host.initPid !== null,
    apply: (world, host) => world.powerOff(host),
    undo: (world, host) => {
      if (!host.isFenced) world.powerOn(host);
    },
  },
  pause: {
    takes: ['host', 'service', 'place'],
    about: 'frozen',
    endsWithStart: true,
    hits: (host) => host.initPid !== null && !host.isFrozen,
    needsPower: true,
    apply: (_world, host, service) => {
      if (service === undefined) host.isFrozen = true;
    },
    undo: (_world, host, service) => {
      if (service === undefined) host.isFrozen = false;
    },
  },
  kill: {
    takes: ['service'],
    about: 'ended; its supervisor starts it again',
    moment: 'killed',
    needsPower: true,
    endsWithStart: true,
    apply: (world, host, name, lasts) => {
      const service = host.services.get(name ?? '');
      if (service) Object.assign(service, { pid: lasts ? null : world.pid(), isHeldDown: lasts });
    },
    undo: (world, host, name) => {
      const service = host.services.get(name ?? '');
      if (service && host.initPid !== null) Object.assign(service, { pid: world.pid(), isHeldDown: false });
    },
  },
  isolate: { takes: ['host', 'place'], about: 'no frame on the data network', isolates: true },
  cut: { takes: ['between'], about: 'no frame between hosts of the two zones or regions' },
};
