import { probeHttp } from '@sbmcrm/http';
import { type Host, PORTS } from '@sbmcrm/topology';
import { ALERTMANAGER_USER } from './relay.ts';

/** What is changed may take a moment on a busy machine; who only looks has other things to look at. */
const CHANGE_MS = 3000;
/** Of words that somebody gave to Alertmanager's own interface. */
const MOST_WORDS = 200;

/** One condition on an alert's labels. */
export interface Matcher {
  /** A label's name, such as `alertname` or `host`. */
  name: string;
  value: string;
  isRegex: boolean;
  /** False: alerts whose label is another one. */
  isEqual: boolean;
}

/** Alerts of which nobody is told for a while. */
export interface Silence {
  id: string;
  /** Alerts that fulfil all of them. */
  matchers: Matcher[];
  /** As ISO 8601. */
  startsAt: string;
  endsAt: string;
  createdBy: string;
  comment: string;
}

interface Told extends Partial<Silence> {
  status?: { state?: string };
}

/** What goes to a terminal does not move its cursor. */
const words = (text: string) => `${text}`.replace(/\p{Cc}/gu, ' ').slice(0, MOST_WORDS);

/** Of all that Alertmanager tells those that hold, the one that ends first before the others. What makes no sense is left out. Pure. */
export function parseSilences(told: readonly Told[]): Silence[] {
  return told
    .flatMap(({ status, id, matchers, startsAt, endsAt, createdBy = '', comment = '' }): Silence[] => {
      if (status?.state !== 'active' || id === undefined || !Array.isArray(matchers)) return [];
      if (startsAt === undefined || endsAt === undefined) return [];
      const conditions = matchers.map(({ name, value, isRegex, isEqual = true }) => ({
        name,
        value,
        isRegex,
        isEqual,
      }));
      return [{ id, matchers: conditions, startsAt, endsAt, createdBy: words(createdBy), comment: words(comment) }];
    })
    .sort((x, y) => (x.endsAt < y.endsAt ? -1 : 1));
}

/**
 * Silences of one Alertmanager; its pair learns of them within a second.
 *
 * @see https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml
 */
export class Silencer {
  readonly #base: string;
  readonly #login: { user: string; password: string };

  constructor({ managementAddress }: Pick<Host, 'managementAddress'>, password: string) {
    this.#base = `http://${managementAddress}:${PORTS.alertmanager}/api/v2`;
    this.#login = { user: ALERTMANAGER_USER, password };
  }

  /** Those that hold; undefined where it does not answer. */
  async list(): Promise<Silence[] | undefined> {
    const answer = await probeHttp(`${this.#base}/silences`, this.#login);
    return answer?.status === 200 && Array.isArray(answer.json) ? parseSilences(answer.json as Told[]) : undefined;
  }

  /**
   * Makes one, or gives one another end.
   *
   * @param id of the one that is changed; missing: a new one
   * @returns its id; undefined where Alertmanager does not answer, or knows none with the id
   */
  async put(silence: Omit<Silence, 'id'>, id?: string): Promise<string | undefined> {
    const body = { ...silence, ...(id === undefined ? {} : { id }) };
    const answer = await probeHttp(`${this.#base}/silences`, {
      ...this.#login,
      timeoutMs: CHANGE_MS,
      method: 'POST',
      body,
    });
    return answer?.status === 200 ? (answer.json as { silenceID?: string } | undefined)?.silenceID : undefined;
  }

  /** Ends one at once. @returns whether it is over; false where Alertmanager does not answer */
  async end(id: string): Promise<boolean> {
    const answer = await probeHttp(`${this.#base}/silence/${id}`, {
      ...this.#login,
      timeoutMs: CHANGE_MS,
      method: 'DELETE',
    });
    // One that is over has nothing to end.
    return answer?.status === 200 || answer?.status === 404 || /expired/.test(answer?.text ?? '');
  }
}
