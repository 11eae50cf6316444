import { callTable, cloudErrorTable } from '@sbmcrm/cloud/reference';
import { METRICS } from '@sbmcrm/engines/prometheus';
import { ERRORS } from '@sbmcrm/errors';
import { COMMANDS } from '../packages/cli/src/catalog.ts';
import { commandTable } from '../packages/cli/src/reference.ts';

/** Every code that a command ends with, as a table in Markdown. Pure. */
function errorTable(): string {
  const rows = Object.entries(ERRORS).map(([code, { exit, about }]) => `| \`${code}\` | ${exit} | ${about} |\n`);
  return `| code | exit code | means |\n|---|---|---|\n${rows.join('')}`;
}

/** Every metric of the guide, as a table in Markdown. Pure. */
function metricTable(): string {
  const rows = METRICS.map(
    ({ name, group, about, unit, by, query }) =>
      `| \`${name}\` | ${group} | ${about} | ${unit} | ${by.join(', ') || '—'} | \`${query.replaceAll('|', '\\|')}\` |\n`,
  );
  return `| name | group | what | unit | a series for each | query |\n|---|---|---|---|---|---|\n${rows.join('')}`;
}

/** Parts of documents that are made from the code: by document, then by the name of the part. */
export const PARTS: Record<string, Record<string, string>> = {
  'docs/reference/cli.md': { commands: commandTable(COMMANDS) },
  'docs/reference/metrics.md': { metrics: metricTable() },
  'docs/reference/errors.md': { errors: errorTable() },
  'docs/reference/cloud-api.md': { calls: callTable(), errors: cloudErrorTable() },
};

/**
 * A document with its parts anew: each stands between `<!-- NAME: npm run docs -->` and `<!-- /NAME -->`. Pure.
 *
 * @throws Error when the document has no place for one
 */
export function withParts(text: string, parts: Readonly<Record<string, string>>): string {
  return Object.entries(parts).reduce((document, [name, part]) => {
    const [begin, end] = [`<!-- ${name}: npm run docs -->\n`, `<!-- /${name} -->`];
    const [from, to] = [document.indexOf(begin), document.indexOf(end)];
    if (from < 0 || to < from) throw new Error(`the document has no "${begin.trim()}" and "${end}"`);
    return `${document.slice(0, from + begin.length)}${part}${document.slice(to)}`;
  }, text);
}
