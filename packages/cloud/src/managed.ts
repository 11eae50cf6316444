/** Whether the old primary is asked to hand over, and nothing is lost, or need not even be there. */
export type RoleMove = 'failover' | 'switchover';

/**
 * What moves the primary's role of a database or a cache: an engine inside hosts, or the provider of a managed service by a call of its
 * own. Nothing is known here of how.
 */
export interface RoleMover {
  part: 'database' | 'cache';
  /** Who is primary, and who could be. */
  look(): Promise<{ primary: string | null; members: readonly { name: string; role: string; ready: boolean }[] }>;
  /**
   * Asks for it; again until that was accepted.
   *
   * @param before who was primary when it began
   * @throws Error in one line, with the reason, when it will not be accepted later either
   * @returns undefined once it has been accepted, else why not yet
   */
  ask(move: RoleMove, target: string, before: string | null): Promise<string | undefined>;
  /** What is waited for once it has. */
  waiting(primary: string | null): string;
  /** Where to look when it does not come. */
  hint(target: string): string;
}

/** Services that a provider runs by itself, where it does: nobody has a shell there, and their roles are moved by a call. */
export interface ManagedServices {
  database?: RoleMover;
  cache?: RoleMover;
}
