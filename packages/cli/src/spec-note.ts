import type { SpecError } from '@sbmcrm/spec/spec-error';

/** One line for a status that had to do without the spec file: why, and what is shown instead. Pure. */
export function brokenSpecNote({ message, problems }: SpecError): string {
  const [first] = message.split('\n');
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : '';
  return `${first}${more}: shown is the platform as last brought up`;
}
