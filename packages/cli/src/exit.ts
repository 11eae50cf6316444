/** Exit codes of every command, see docs/reference/cli.md. */
export const EXIT = { done: 0, failed: 1, usage: 2, unhealthy: 3 } as const;

/** Bad usage: one line on standard error, exit code 2. */
export class UsageError extends Error {}
