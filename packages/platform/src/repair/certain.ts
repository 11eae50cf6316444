import { ToolError } from '@sbmcrm/errors';
import type { Damage } from './damage.ts';
import { damageText } from './decide.ts';

/** Data that are of no use again after they came from the others: it is not the data. */
const MOST_REPAIRS = 2;

const keyOf = ({ host, part }: Pick<Damage, 'host' | 'part'>) => `${host}/${part}`;

/** Which damages are repaired: those that are said twice, and not again and again. */
export class Certain {
  /** By host and part: when the damage was said that was seen first. */
  readonly #saidAtMs = new Map<string, number>();
  readonly #repairs = new Map<string, number>();

  /** Whether it was said again since it was seen first: what said it once may have got over it. */
  isSaidAgain(damage: Pick<Damage, 'host' | 'part' | 'atMs'>): boolean {
    const first = this.#saidAtMs.get(keyOf(damage)) ?? damage.atMs;
    this.#saidAtMs.set(keyOf(damage), first);
    return damage.atMs > first;
  }

  /** Before it is repaired. @throws ToolError where that did not help before */
  begin(damage: Damage): void {
    const count = this.#repairs.get(keyOf(damage)) ?? 0;
    if (count >= MOST_REPAIRS) {
      throw new ToolError('NOT_IN_TIME', `${damageText(damage)} — again, after it was repaired: look at its disk`);
    }
    this.#repairs.set(keyOf(damage), count + 1);
    this.#saidAtMs.delete(keyOf(damage));
  }
}
