import { CLOUD_ERRORS } from '../error.ts';
import { CALLS } from './calls.ts';
import { SCOPES } from './scopes.ts';

const cell = (text: string) => text.replaceAll('|', '\\|');
const rows = (lines: readonly (readonly string[])[]) =>
  lines.map((each) => `| ${each.map(cell).join(' | ')} |\n`).join('');

/** Every call with who may make it and what it does, as a table in Markdown. Pure. */
export function callTable(): string {
  const lines = CALLS.map(({ method, path, scopes, takes, does }) => [
    `\`${method} /v1${path}\`${takes === undefined ? '' : ` ${takes.startsWith('{') ? takes.replace(/^(\{.*?\})/, '`$1`') : takes}`}`,
    scopes === SCOPES ? 'any' : scopes.join(', '),
    does,
  ]);
  return `| call | token | does |\n|---|---|---|\n${rows(lines)}`;
}

/** Every code with its status and what it means, as a table in Markdown. Pure. */
export function cloudErrorTable(): string {
  const lines = Object.entries(CLOUD_ERRORS).map(([code, { status, about }]) => [`\`${code}\``, `${status}`, about]);
  return `| code | status | means |\n|---|---|---|\n${rows(lines)}`;
}
