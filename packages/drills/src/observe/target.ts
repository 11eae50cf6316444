/** A frozen server does not answer; the next try needs a connection of its own then. */
export const ANSWER_TIMEOUT_MS = 900;

/** What a server answered. */
export interface Tried {
  /** The reign in which it took the write; missing when it is no primary. */
  taken?: { reign: string; order?: number };
  /** A standby's: how old the last transaction is that it has replayed, in milliseconds. */
  lagMs?: number;
}

/** A server that may take a write: a connection through its own Unix socket, which no network fault reaches. */
export interface Target {
  /** Tries a write. @throws Error without an answer */
  write(): Promise<Tried>;
  close(): void;
}

/** Opens a target on a running host. @param root the host's file system as seen from this machine */
export type Open = (root: string, host: string) => Promise<Target>;
