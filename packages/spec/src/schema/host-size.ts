import { block, size, wholeNumber } from './scalars.ts';

/** What one host of a kind may use. On one machine memory is cut to what there is, see docs/reference/spec.md. */
export function hostSize(whose: string, defaults: { cpus: number; memory: string }) {
  return block(`Size of ${whose}.`, {
    cpus: wholeNumber({
      about: 'Processors. On one machine: its share of them when all are busy, against the other hosts.',
      from: 1,
      to: 64,
    }).prefault(defaults.cpus),
    /** Bytes. */
    memory: size({
      about: 'Memory: a limit, past which its own processes end.',
      from: '64MB',
      to: '1TB',
      default: defaults.memory,
    }),
  }).prefault({});
}
