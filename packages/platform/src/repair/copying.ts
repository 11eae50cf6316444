import type { Cloud } from '@sbmcrm/cloud';
import { type CopyProgress, copyProgress, DATABASE_AGENT } from '@sbmcrm/engines';
import { copyText } from './copy-text.ts';
import { endOfLog } from './hosts.ts';

/** A copy says something every second. */
const RECENT_MS = 10_000;
/** One that fails again and again gets on, too, and never ends. */
const MOST_BEGINNINGS = 3;

/** Follows copies of the database's servers by their logs. */
export class Copying {
  readonly #doneKb = new Map<string, number>();
  readonly #beginnings = new Map<string, number>();

  /** @returns how far a copy on one of the hosts is, and whether one got on since the last look; no text: none is being made */
  async look(
    { access }: Pick<Cloud, 'access'>,
    hosts: readonly string[],
  ): Promise<{ text?: string | undefined; getsOn: boolean }> {
    const logs = await Promise.all(
      hosts.map(async (host) => [host, await endOfLog({ access }, host, DATABASE_AGENT)] as const),
    );
    const since = Date.now() - RECENT_MS;
    const found = logs.map(([host, lines]) => {
      const said = lines.filter(({ atMs }) => atMs >= since).map(({ atMs, text }) => ({ atMs, ...copyProgress(text) }));
      return { host, text: copyText(said), last: said.findLast(({ doneKb }) => doneKb !== undefined) };
    });
    const moved = found.map(({ host, last }) => this.note(host, last));
    const copy = found.find(({ text }) => text !== undefined);
    return { text: copy && `${copy.host} is copied: ${copy.text}`, getsOn: moved.includes(true) };
  }

  /** Notes how far a copy is. @returns whether it got on since */
  note(host: string, progress: Partial<CopyProgress> | undefined): boolean {
    const doneKb = progress?.doneKb;
    if (doneKb === undefined) return false;
    const before = this.#doneKb.get(host);
    this.#doneKb.set(host, doneKb);
    if (before === undefined || doneKb < before) this.#beginnings.set(host, (this.#beginnings.get(host) ?? 0) + 1);
    return doneKb !== before && (this.#beginnings.get(host) ?? 0) <= MOST_BEGINNINGS;
  }
}
