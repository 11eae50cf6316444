import { causeOf } from '../resilience/primary/cause.ts';
import { DatabaseFailure, isTimeout, OUT_OF_CONNECTIONS, sqlStateOf } from '../resilience/primary/classify.ts';
import type { Primary } from '../resilience/primary/primary.ts';
import { Unwell } from './check.ts';

/** What the check asks of the primary. */
export type PrimaryHealth = Pick<Primary, 'ping' | 'tryWrite' | 'writeTrouble' | 'lacksRoom' | 'shortage' | 'serves'>;

/**
 * Whether the database answers and takes writes, and else why not.
 *
 * A server that is out of connections while work goes on over those that are open is well, with a note: a load balancer that
 * took servers out for it would leave the rest with less.
 *
 * @returns the note, if there is one
 * @throws {Unwell} with the cause
 */
export async function databaseHealth(primary: PrimaryHealth, timeoutMs: number): Promise<string | undefined> {
  try {
    await primary.ping(timeoutMs);
  } catch (error) {
    // All connections are busy, here or at the server: work goes on.
    const isBusy = sqlStateOf(error) === OUT_OF_CONNECTIONS || isTimeout(causeIn(error));
    if (isBusy && primary.serves) return causeOf(error);
    throw new Unwell(causeOf(error));
  }
  // A server that is unhealthy may get no writes that could show the opposite.
  if (primary.writeTrouble || primary.lacksRoom) await primary.tryWrite(timeoutMs).catch(() => {});
  const { writeTrouble, shortage } = primary;
  if (writeTrouble) throw new Unwell(`answers, but takes no writes: ${causeOf(writeTrouble)}`);
  return shortage === undefined ? undefined : causeOf(shortage);
}

function causeIn(error: unknown): unknown {
  return error instanceof DatabaseFailure ? error.cause : error;
}
