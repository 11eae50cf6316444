import pg from 'pg';
import type { Passwords } from '../passwords.ts';
import { LOGIN_REFUSED, sqlStateOf } from './classify.ts';

type Done = ((error: Error) => void) | ((error: null, client: pg.Client) => void);

/** A client that logs in with the password of now, and tells when it is refused: whoever tries again has the next one. */
export function clientWith(passwords: Passwords): typeof pg.Client {
  return class extends pg.Client {
    #used = '';

    constructor(config?: string | pg.ClientConfig) {
      super({
        ...(config as pg.ClientConfig),
        password: () => {
          this.#used = passwords.current;
          return this.#used;
        },
      });
    }

    override connect(): Promise<pg.Client>;
    override connect(callback: Done): void;
    override connect(callback?: Done): Promise<pg.Client> | undefined {
      if (!callback) {
        return super.connect().catch((error: unknown) => {
          this.#tell(error);
          throw error;
        });
      }
      const told = callback as (error: unknown, client?: pg.Client) => void;
      super.connect((error: unknown, client?: pg.Client) => {
        this.#tell(error);
        told(error, client);
      });
      return undefined;
    }

    #tell(error: unknown): void {
      if (sqlStateOf(error) === LOGIN_REFUSED) passwords.refused(this.#used);
    }
  };
}
