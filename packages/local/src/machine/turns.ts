/** One operation at a time on each thing, in the order of asking. */
export class Turns {
  readonly #last = new Map<string, Promise<unknown>>();

  /** Runs `operation` after every earlier one on the same thing, whatever became of those. */
  take<T>(name: string, operation: () => Promise<T>): Promise<T> {
    const result = (this.#last.get(name) ?? Promise.resolve()).then(operation);
    this.#last.set(
      name,
      result.catch(() => {}),
    );
    return result;
  }
}
