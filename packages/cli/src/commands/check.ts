import { checkSpec, type Finding, loadSpec } from '@sbmcrm/spec';
import type { Command } from 'commander';
import { EXIT, print, workspaceOf } from '../context.ts';

export function registerCheck(program: Command): void {
  program
    .command('check')
    .description('lint the spec: what would fail, why, and the mending line; exit code 1 on errors')
    .addHelpText('after', '\nExamples:\n  sbmcrm check\n  sbmcrm check --spec other.yaml --json')
    .action((_options: unknown, command: Command) => {
      const { specFile } = workspaceOf(command);
      const findings = checkSpec(loadSpec(specFile));
      print(command, { spec: specFile, findings }, checkText(specFile, findings));
      if (findings.some((finding) => finding.severity === 'error')) process.exitCode = EXIT.failed;
    });
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
