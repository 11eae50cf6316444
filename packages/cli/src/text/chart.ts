const STEPS = '▁▂▃▄▅▆▇█';

/**
 * Values as one line of blocks, one a value: the lowest of all is the smallest block. What is unknown is a space. Pure.
 *
 * @param from the value of the smallest block
 * @param to that of the largest
 */
export function sparkline(values: readonly (number | undefined)[], from: number, to: number): string {
  const span = to - from;
  return values
    .map((value) => {
      if (value === undefined || !Number.isFinite(value)) return ' ';
      const share = span > 0 ? Math.min(1, Math.max(0, (value - from) / span)) : 0;
      return STEPS[Math.min(STEPS.length - 1, Math.floor(share * STEPS.length))];
    })
    .join('');
}

const BINARY = ['', ' KiB', ' MiB', ' GiB', ' TiB'];

/** A number of a unit for people. Pure. */
export function figure(value: number | undefined, unit: string | undefined): string {
  if (value === undefined || Number.isNaN(value)) return '–';
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '-∞';
  if (unit === 'bytes' || unit === 'bytes/s') {
    const power = Math.min(BINARY.length - 1, value < 1 ? 0 : Math.floor(Math.log2(value) / 10));
    return `${short(value / 1024 ** power)}${BINARY[power] || ' B'}${unit === 'bytes/s' ? '/s' : ''}`;
  }
  if (unit === 'seconds') return value < 1 ? `${short(value * 1000)} ms` : `${short(value)} s`;
  return unit === '%' ? `${short(value)} %` : short(value);
}

/** A share for people; null: nobody knows. Pure. */
export const percent = (value: number | null, digits: number) => (value === null ? '–' : `${value.toFixed(digits)} %`);

const short = (value: number) => (Math.abs(value) >= 100 ? value.toFixed(0) : Number(value.toPrecision(3)).toString());
