/** The cookies of one browser for one site. Attributes do not matter here: one path, and no cookie ends within a run. */
export class CookieJar {
  readonly #cookies = new Map<string, string>();

  /** Takes over what an answer sets. @param setCookie the header, once or several times */
  store(setCookie: string | string[] | undefined): void {
    for (const line of setCookie === undefined ? [] : [setCookie].flat()) {
      const [pair = ''] = line.split(';');
      const at = pair.indexOf('=');
      if (at > 0) this.#cookies.set(pair.slice(0, at).trim(), pair.slice(at + 1).trim());
    }
  }

  /** The Cookie header. */
  header(): string {
    return [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  }
}
