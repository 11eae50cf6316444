import { createServer } from 'node:net';
import { ToolError } from '@sbmcrm/errors';
import type { PlatformRecord, Registration } from '@sbmcrm/local';

export const DEFAULT_PORT = 8080;
/** How many ports after the default may be tried for a further platform. */
const SPAN = 20;

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen({ port, host: '127.0.0.1', exclusive: true }, () => probe.close(() => resolve(true)));
  });
}

/**
 * The port on 127.0.0.1 that leads to the platform. A port that another platform publishes is passed over for the next
 * one; a port that a stranger has is an error, because the user expects the platform behind it.
 *
 * @param wanted what the user asked for with --port
 * @throws Error in one line
 */
export async function choosePort(
  wanted: number | undefined,
  stored: PlatformRecord | undefined,
  others: readonly Registration[],
): Promise<number> {
  const taken = new Set(others.map((other) => other.port));
  const first = wanted ?? stored?.port ?? DEFAULT_PORT;
  const holder = others.find((other) => other.port === first);
  if (holder && wanted !== undefined) {
    throw new ToolError(
      'PORT_TAKEN',
      `port ${first} leads to the platform in ${holder.state}: give another one with --port`,
    );
  }
  let port = first;
  while (taken.has(port) && port < first + SPAN) port++;
  if (!(await isFree(port))) {
    throw new ToolError(
      'PORT_TAKEN',
      `port ${port} on 127.0.0.1 is taken by another program: give another one with --port, e.g. --port ${port + 1}`,
    );
  }
  return port;
}
