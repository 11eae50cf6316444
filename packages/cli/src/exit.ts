import { ToolError } from '@sbmcrm/errors';

export { EXIT } from '@sbmcrm/errors';

/** Bad usage: one line on standard error, exit code 2. */
export class UsageError extends ToolError {
  constructor(message: string) {
    super('USAGE', message);
  }
}
