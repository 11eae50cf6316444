/**
 * Random numbers in [0, 1) that are the same for the same seed.
 *
 * @param seed any whole number; its low 32 bits count
 * @see mulberry32, Tommy Ettinger 2017, public domain
 */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
