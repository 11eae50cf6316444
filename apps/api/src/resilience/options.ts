import type { Passwords } from './passwords.ts';

/** How servers are reached, and how many connections to them there are. */
export interface ServerOptions {
  /** A name that leads to the right server, or an address. */
  host: string;
  port: number;
  database: string;
  user: string;
  passwords: Passwords;
  /** Servers show it with each session. */
  applicationName: string;
  /** Connections at most, and how many stay open when nobody needs them. */
  max: number;
  min: number;
  /** Until a connection that nobody needs is closed, in milliseconds. */
  idleTimeoutMs: number;
  /** Until a connection that does not come is given up, in milliseconds. */
  connectionTimeoutMs: number;
}

export interface PrimaryOptions {
  server: ServerOptions;
  /** How many requests may wait. */
  queue: number;
  /** How long one may wait, in milliseconds. */
  deadlineMs: number;
  /** What a failover takes at worst, in milliseconds. */
  failoverMs: number;
}
