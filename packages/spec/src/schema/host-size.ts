import { block, size, tenths } from './scalars.ts';

/** What one host of a kind may use. On one machine memory is cut to what there is, see docs/reference/spec.md. */
export function hostSize(whose: string, defaults: { cpus: number; memory: string }) {
  return block(`Size of ${whose}.`, {
    cpus: tenths({
      about:
        'Processors. On one machine: its share of them when all are busy, against the other hosts; an API server never gets more.',
      from: 0.1,
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
