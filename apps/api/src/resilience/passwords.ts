/**
 * The passwords of one role: the first that is not refused is used. While a password is rotated there are two, and each server of the
 * database changes over at a moment of its own.
 */
export class Passwords {
  #list: readonly string[];
  #at = 0;

  /** @param list at least one, the likeliest first */
  constructor(list: readonly string[]) {
    this.#list = list;
  }

  get current(): string {
    return this.#list[this.#at] ?? '';
  }

  /** From now on others are used; connections that there are go on. */
  use(list: readonly string[]): void {
    this.#list = list;
    this.#at = 0;
  }

  /** A server refused this one: the next is tried. Of many logins that are refused at the same time one counts. */
  refused(password: string): void {
    if (password === this.current) this.#at = (this.#at + 1) % this.#list.length;
  }
}
