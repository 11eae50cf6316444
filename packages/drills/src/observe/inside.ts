import type { HostAccess, Hosts } from '@sbmcrm/cloud';
import { ToolError } from '@sbmcrm/errors';

/** The way into hosts that looks need: past everything that routes or checks, straight to a server's own socket. */
export type Inside = Pick<Hosts, 'hostState'> & { readonly access: HostAccess };

/**
 * Where this machine sees a host's file system.
 *
 * @returns undefined when the host does not run
 * @throws ToolError NOT_OFFERED where hosts are not on this machine
 */
export async function rootOf(cloud: Inside, host: string): Promise<string | undefined> {
  const { root } = cloud.access;
  if (!root) throw new ToolError('NOT_OFFERED', 'drills look into hosts, and these are not on this machine');
  return root(await cloud.hostState(host));
}
