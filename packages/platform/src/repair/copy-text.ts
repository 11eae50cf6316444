import type { CopyProgress } from '@sbmcrm/engines';

/** Rates are of the last so many milliseconds: a link may have got better. */
const WINDOW_MS = 20_000;

const size = (kb: number) => (kb < 1024 ** 2 ? `${Math.round(kb / 1024)} MB` : `${(kb / 1024 ** 2).toFixed(1)} GB`);

/**
 * How far a copy is, in percent and time: `34 % of 2.1 GB, 12 s left`. Pure.
 *
 * @param said the lines of the log that tell, the oldest first; those that tell nothing have no figures
 * @returns undefined before there is anything to tell
 */
export function copyText(said: readonly ({ atMs: number } & Partial<CopyProgress>)[]): string | undefined {
  const known = said.flatMap(({ atMs, doneKb, totalKb }) =>
    doneKb === undefined || totalKb === undefined ? [] : [{ atMs, doneKb, totalKb }],
  );
  const last = known.at(-1);
  if (!last || last.totalKb === 0) return undefined;
  // A copy that began anew begins at nothing again.
  const since = known.findLastIndex(({ doneKb }, n) => doneKb < (known[n - 1]?.doneKb ?? 0));
  const first = known.slice(Math.max(0, since)).find(({ atMs }) => atMs >= last.atMs - WINDOW_MS) ?? last;
  const percent = Math.min(100, Math.round((100 * last.doneKb) / last.totalKb));
  const rate = (last.doneKb - first.doneKb) / (last.atMs - first.atMs);
  const left = rate > 0 ? `, ${Math.ceil(Math.max(0, last.totalKb - last.doneKb) / rate / 1000)} s left` : '';
  return `${percent} % of ${size(last.totalKb)}${left}`;
}
