import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ToolError } from '@sbmcrm/errors';
import { planNetwork } from '@sbmcrm/topology';
import { RUNTIME_ROOT, runtimeDir } from './host/runtime.ts';
import { createJson, readJson } from './machine/files.ts';

/** What a platform that is up leaves in /run: for other platforms on the machine, and to be found without its state folder. */
export interface Registration {
  state: string;
  network: string;
  port: number;
}

const FILE = 'platform.json';

function registrationFile(network: string): string {
  return join(runtimeDir(planNetwork(network)), FILE);
}

/** Every platform that is up on this machine. */
export function registrations(root: string = RUNTIME_ROOT): Registration[] {
  if (!existsSync(root)) return [];
  return readdirSync(root)
    .map((id) => readJson<Registration>(join(root, id, FILE)))
    .filter((each) => each !== undefined);
}

/** State folder of the platform that has a network now. */
export function networkHolder(network: string): string | undefined {
  return readJson<Registration>(registrationFile(network))?.state;
}

/**
 * Whether a platform is up here: registered, with its link. Where it is not, its addresses are nobody's on this machine, and
 * nothing may be sent to them.
 */
export function isPlatformUp(network: string, state: string): boolean {
  return networkHolder(network) === state && existsSync(`/sys/class/net/${planNetwork(network).id}`);
}

/** Gives up a claim that came to nothing. */
export function releaseNetwork(network: string): void {
  rmSync(registrationFile(network), { force: true });
}

/**
 * Claims a network (and a port) for a platform. Claiming again what one has does nothing.
 *
 * @throws Error in one line when another platform has it
 */
export function claimNetwork(registration: Registration): void {
  const { network, state } = registration;
  if (networkHolder(network) === state) return;
  const file = registrationFile(network);
  mkdirSync(runtimeDir(planNetwork(network)), { recursive: true, mode: 0o755 });
  if (!createJson(file, registration)) {
    throw new ToolError(
      'NETWORK_TAKEN',
      `${network} is used by the platform in ${networkHolder(network)}: give another one with --network, e.g. --network 10.78.0.0/16`,
    );
  }
  // Two that chose the same port at once: both see it now, and both give way.
  const rival = registrations().find((each) => each.port === registration.port && each.network !== network);
  if (rival) {
    releaseNetwork(network);
    throw new ToolError(
      'PORT_TAKEN',
      `port ${rival.port} leads to the platform in ${rival.state}: run the command again`,
    );
  }
}
