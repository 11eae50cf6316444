import type pg from 'pg';
import { Aside } from '../admission/aside.ts';
import type { Deadline } from '../deadline.ts';
import { NotServedError } from '../errors.ts';
import type { ServerOptions } from '../options.ts';
import { classify, sqlStateOf } from '../primary/classify.ts';
import { CLIENT_TIMEOUT_MS } from '../primary/pools.ts';
import type { Primary } from '../primary/primary.ts';
import type { Query } from '../primary/transact.ts';
import { type Position, parsePosition } from './position.ts';
import { REACHED, REPLAYED, type Replayed } from './position-sql.ts';
import { Replicas } from './replicas.ts';

/** So much of the primary's places at most goes to reads that the replicas did not answer: their trouble must not become its. */
const SHARE_OF_PRIMARY = 0.2;
/** Who waited so long for the primary asks the replicas once more. */
const WAITED_MS = 250;
/** Reports that one server runs at a time, and how many more may wait: they read much, and nobody stands at a till for them. */
const REPORTS = { atATime: 2, queue: 100 };
/** A report's statement; the server's own limit is a second less. */
const REPORT_TIMEOUT_MS = CLIENT_TIMEOUT_MS;
/** Until a report tries again, often at another replica. */
const REPORT_PAUSE_MS = 250;
/** When there was no replica for reports for so long, one at a time is the primary's: all may be copied anew, for minutes. */
const ABSENT_MS = 5000;

/**
 * Reads that may go to a replica, if it shows what the reader wrote before.
 *
 * A reader without a position is served by the primary: it may have written without keeping what we told it.
 */
export class Reads {
  readonly #replicas: Pick<Replicas, 'read' | 'report' | 'pool' | 'waiting'> | undefined;
  readonly #primary: Pick<Primary, 'read'>;
  readonly #served: (by: 'replica' | 'primary') => void;
  readonly #aside: Aside;
  readonly #reports = new Aside(REPORTS.atATime, REPORTS.queue);
  readonly #lastResort = new Aside(1);
  /** Since when there is no replica for reports; undefined while there is. */
  #absentSinceMs: number | undefined;

  /**
   * @param places at the primary
   * @param replicas how they are reached, or stand-ins for tests; undefined: there are none
   */
  constructor(
    places: number,
    primary: Pick<Primary, 'read'>,
    replicas: ServerOptions | Pick<Replicas, 'read' | 'report' | 'pool' | 'waiting'> | undefined,
    served: (by: 'replica' | 'primary') => void = () => {},
  ) {
    this.#primary = primary;
    this.#served = served;
    this.#aside = new Aside(places * SHARE_OF_PRIMARY);
    this.#replicas = replicas && 'host' in replicas ? new Replicas(replicas, REPORTS.atATime) : replicas;
  }

  get pool(): pg.Pool | undefined {
    return this.#replicas?.pool;
  }

  /** How many wait for their turn. */
  get waiting(): number {
    const lines = [this.#aside, this.#reports, this.#lastResort];
    return lines.reduce((sum, { waiting }) => sum + waiting, this.#replicas?.waiting ?? 0);
  }

  /** Runs reading statements on one connection: of a replica that has replayed as far as `after`, else of the primary. */
  async run<T>(after: Position | undefined, deadline: Deadline, work: (query: Query) => Promise<T>): Promise<T> {
    const replicas = this.#replicas;
    const onPrimary = () => {
      this.#served('primary');
      return this.#primary.read(work, deadline);
    };
    if (!replicas || !after) return await onPrimary();
    const onReplica = () => replicas.read(after, deadline, work);
    // Whatever goes wrong at a replica, the primary has the answer.
    const atOnce = await onReplica();
    const askedMs = performance.now();
    const answer =
      atOnce ??
      (await this.#aside.run(async () => {
        // What sent it here may be over: after an outage hundreds wait for a turn, and replicas that are back answer them soon.
        const again = performance.now() - askedMs > WAITED_MS ? await onReplica() : undefined;
        return again ?? { fromPrimary: await onPrimary() };
      }, deadline));
    if ('fromPrimary' in answer) return answer.fromPrimary;
    this.#served('replica');
    return answer.value;
  }

  /**
   * Runs the statements of a report on a replica, again until one answers. The primary's time is for writes: it runs one report at a
   * time, and only when no replica was there for some seconds.
   *
   * @param after how far the server must be, if that matters
   * @param work is told how far it is
   * @throws {NotServedError} OVERLOADED when too many wait, UNAVAILABLE when no replica answers in time
   */
  async report<T>(after: Position | undefined, deadline: Deadline, work: Report<T>): Promise<T> {
    const replicas = this.#replicas;
    const onPrimary = () => this.#lastResort.run(() => this.#reportOnPrimary(deadline, work), deadline);
    // One that has no replicas has nothing else to ask.
    if (!replicas) return await onPrimary();
    return await this.#reports.run(async () => {
      for (;;) {
        if (deadline.isAbandoned || deadline.leftMs < REPORT_PAUSE_MS) throw new NotServedError('UNAVAILABLE');
        const answer = await fromStandby(replicas, after ?? NOWHERE, work);
        if (typeof answer === 'object') {
          this.#absentSinceMs = undefined;
          this.#served('replica');
          return answer.value;
        }
        if (answer === 'absent') {
          this.#absentSinceMs ??= performance.now();
          if (performance.now() - this.#absentSinceMs > ABSENT_MS) return await onPrimary();
        }
        await new Promise((resolve) => setTimeout(resolve, REPORT_PAUSE_MS));
      }
    }, deadline);
  }

  async #reportOnPrimary<T>(deadline: Deadline, work: Report<T>): Promise<T> {
    this.#served('primary');
    return await this.#primary.read(async (query) => {
      const [row] = await query<{ position: string | null }>(REACHED);
      return await work(query, parsePosition(row?.position ?? undefined) ?? NOWHERE);
    }, deadline);
  }

  async end(): Promise<void> {
    await this.#replicas?.pool.end();
  }
}

/** Where every replica has been. */
const NOWHERE: Position = { timeline: 0, lsn: 0n };

/** A report's statements. `at`: how far the server had replayed or written before them. */
type Report<T> = (query: Query, at: Position) => Promise<T>;

/**
 * @returns `absent` when no standby is there that has replayed so far, `late` when it did not answer
 * @throws what is the statement's own fault
 */
async function fromStandby<T>(
  replicas: Pick<Replicas, 'report'>,
  after: Position,
  work: Report<T>,
): Promise<{ value: T } | 'absent' | 'late'> {
  try {
    return (await replicas.report(after, (query) => onStandby(query, work), REPORT_TIMEOUT_MS)) ?? 'absent';
  } catch (error) {
    if (error instanceof NotStandbyError) return 'absent';
    if (sqlStateOf(error) !== undefined && classify(error, 'statement') === 'statement') throw error;
    return 'late';
  }
}

/** When all replicas are gone, their name leads to the primary. */
class NotStandbyError extends Error {
  override readonly name = 'NotStandbyError';
}

async function onStandby<T>(query: Query, work: Report<T>): Promise<T> {
  const [row] = await query<Replayed>(REPLAYED);
  if (!row?.standby) throw new NotStandbyError('the replicas are gone');
  return await work(query, parsePosition(row.position ?? undefined) ?? NOWHERE);
}
