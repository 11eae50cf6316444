import { InvalidArgumentError } from 'commander';

/** An option's argument as a whole number from 1 to `most`. */
export function wholeNumber(most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < 1 || value > most) {
      throw new InvalidArgumentError(`give a whole number from 1 to ${most}`);
    }
    return value;
  };
}
