import { styleText } from 'node:util';
import type { Tone } from '../format.ts';

export type Paint = (tone: Tone | 'dim' | 'bold', text: string) => string;

const STYLES = { good: 'green', bad: 'red', notice: 'yellow', dim: 'dim', bold: 'bold' } as const;

/** Colours for a terminal. Whether it has them is the caller's knowledge, so the stream is not asked again. */
export function painter(color: boolean): Paint {
  return (tone, text) => (!color || tone === 'plain' ? text : styleText(STYLES[tone], text, { validateStream: false }));
}
