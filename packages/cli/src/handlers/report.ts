import { resolve } from 'node:path';
import { writeFileAtomic } from '@sbmcrm/local';
import { readReport, renderHtml, summaryText } from '@sbmcrm/report';
import type { Command } from 'commander';
import { print } from '../options.ts';

export function runReport(place: string, { out }: { out?: string }, command: Command): void {
  const { path, file } = readReport(place);
  const page = resolve(out ?? path.replace(/(\.json)?$/, '.html'));
  writeFileAtomic(page, renderHtml(file));
  print(command, { page }, `${summaryText(file, { color: false })}\n\npage: ${page}`);
}
