import { createHmac, timingSafeEqual } from 'node:crypto';

interface Numbered {
  from: string;
  /** One for each start of a load balancer's process. */
  run: string;
  /** Grows with each word of a run. */
  seq: number;
}

/** A load balancer says whether it has the floating addresses: to its peers, and to the witnesses, who answer. */
export interface Word extends Numbered {
  kind: 'word';
  holds: boolean;
  claims: boolean;
  /** There is a way from it to the primary. */
  serves: boolean;
}

/** What a witness answers, see `Testimony`; `run` and `seq` are those of the word that it answers. */
export interface Answer extends Numbered {
  kind: 'answer';
  hasQuorum: boolean;
  holder: string | null;
  revision: number;
  /** null: it never heard one. */
  otherHoldsMs: number | null;
  otherServesMs: number | null;
}

/** Longer than any of ours. */
export const MOST_BYTES = 1024;
const MAC_BYTES = 32;

function macOf(secret: string, text: Buffer): Buffer {
  return createHmac('sha256', secret).update(text).digest();
}

/** A datagram that only who knows the secret can make. */
export function seal(secret: string, said: Word | Answer): Buffer {
  const text = Buffer.from(JSON.stringify(said));
  return Buffer.concat([macOf(secret, text), text]);
}

/**
 * @param secrets that are accepted: two while the secret is rotated
 * @returns undefined for what was not made by {@link seal} with one of them
 */
export function open(secrets: readonly string[], datagram: Buffer): Word | Answer | undefined {
  if (datagram.length <= MAC_BYTES || datagram.length > MOST_BYTES) return undefined;
  const text = datagram.subarray(MAC_BYTES);
  const mac = datagram.subarray(0, MAC_BYTES);
  if (!secrets.some((secret) => timingSafeEqual(mac, macOf(secret, text)))) return undefined;
  return JSON.parse(text.toString()) as Word | Answer;
}

/** Whether words come in order: one that was sent before the last one, or again, says nothing new. */
export class Order {
  readonly #last = new Map<string, { run: string; seq: number }>();

  isNew({ from, run, seq }: Numbered): boolean {
    const last = this.#last.get(from);
    if (last?.run === run && seq <= last.seq) return false;
    this.#last.set(from, { run, seq });
    return true;
  }
}

/** What words are signed with, in a setting. One of an earlier version has a single one. */
export interface Keys {
  secrets?: readonly [string, ...string[]];
  secret?: string;
}

/** The first one signs, all are accepted. */
export function keysOf({ secrets, secret = '' }: Keys): readonly [string, ...string[]] {
  return secrets ?? [secret];
}
