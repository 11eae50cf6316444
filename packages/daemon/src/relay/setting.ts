import { createHash, timingSafeEqual } from 'node:crypto';
import { readJson } from '@sbmcrm/local/files';

/** A place on some network. */
export interface Place {
  host: string;
  port: number;
}

/** What leaves a platform, and what of it this machine shows; `up` writes it, the daemon follows it. */
export interface RelaySetting {
  /** SHA-256 of what callers have to know, in hexadecimal: two while it is rotated. */
  tokens: readonly string[];
  /** Addresses of hosts that may call. */
  from: readonly string[];
  /** Where they may send by HTTP. */
  destinations: readonly Place[];
  /** The SMTP server; `tls`: from the first byte. */
  mail?: Place & { tls: boolean };
  /** The command that is run for each alert, and its arguments; empty: none. */
  hook: readonly string[];
  /** What is shown on 127.0.0.1, by name: the port that is preferred, and who may answer. */
  published: Readonly<Record<string, { port: number; targets: readonly Place[] }>>;
}

export const NOTHING: RelaySetting = { tokens: [], from: [], destinations: [], hook: [], published: {} };

/** @throws ToolError where the file is damaged */
export const readSetting = (path: string): RelaySetting => readJson<RelaySetting>(path) ?? NOTHING;

/** As in {@link RelaySetting.tokens}. */
export const tokenDigest = (token: string) => createHash('sha256').update(token).digest('hex');

/** Whether a caller is one of the hosts that may call, and knows the token. Takes the same time whatever is wrong with the token. Pure. */
export function mayCall(setting: RelaySetting, from: string | undefined, token: string | undefined): boolean {
  const given = Buffer.from(tokenDigest(token ?? ''), 'hex');
  const known = setting.tokens.filter((each) => timingSafeEqual(given, Buffer.from(each, 'hex')));
  return known.length > 0 && comesFrom(setting, from);
}

export const comesFrom = ({ from }: RelaySetting, address: string | undefined) =>
  address !== undefined && from.includes(address.replace(/^::ffff:/, ''));

/** The token of an `Authorization` or `Proxy-Authorization` header: of a bearer, or the password of a user. Pure. */
export function tokenOf(header: string | undefined): string | undefined {
  const [kind, value = ''] = header?.split(' ') ?? [];
  if (kind === 'Bearer') return value;
  if (kind === 'Basic') return Buffer.from(value, 'base64').toString().split(':').slice(1).join(':');
  return undefined;
}

/** Whether hosts may send to a place. Pure. */
export const isDestination = ({ destinations }: RelaySetting, { host, port }: Place) =>
  destinations.some((each) => each.host.toLowerCase() === host.toLowerCase() && each.port === port);

/** `host:port`, also of IPv6; undefined: it is none. Pure. */
export function placeOf(text: string | undefined): Place | undefined {
  const [, host = '', port = ''] = /^\[?([^\]]{1,255}?)\]?:(\d{1,5})$/.exec(text ?? '') ?? [];
  return host !== '' && Number(port) > 0 && Number(port) < 65_536 ? { host, port: Number(port) } : undefined;
}
