import { checkSpec, type Finding, loadSpec } from '@sbmcrm/spec';
import type { Command } from 'commander';
import { print, workspaceOf } from '../context.ts';
import { EXIT } from '../exit.ts';

export function runCheck(_options: unknown, command: Command): void {
  const { specFile } = workspaceOf(command);
  const findings = checkSpec(loadSpec(specFile));
  print(command, { spec: specFile, findings }, checkText(specFile, findings));
  if (findings.some((finding) => finding.severity === 'error')) process.exitCode = EXIT.failed;
}

function checkText(specFile: string, findings: readonly Finding[]): string {
  const errors = findings.filter((finding) => finding.severity === 'error').length;
  const lines = findings.flatMap(({ severity, rule, path, message, reason, fix }) => [
    `${severity.padEnd(7)} ${path}: ${message}  [${rule}]`,
    `        why: ${reason}`,
    `        fix: ${fix}`,
  ]);
  return [...lines, `${specFile}: ${errors} errors, ${findings.length - errors} warnings`].join('\n');
}
