import { sqlStateOf } from './resilience/primary/classify.ts';

/** What the log may say of an error: of the database's only the code and the place, as its messages quote values. */
export function describeError(error: unknown): Record<string, string | undefined> {
  if (!(error instanceof Error)) return { type: typeof error };
  const sqlState = sqlStateOf(error);
  if (sqlState === undefined) return { type: error.name, message: error.message, stack: error.stack };
  return { type: error.name, sqlState, stack: frames(error) };
}

/** The stack without its first lines, which repeat the message. */
function frames({ stack = '' }: Error): string {
  return stack.slice(Math.max(0, stack.search(/^ +at /m)));
}
