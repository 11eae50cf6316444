import { checkSpec, type Finding, loadSpec, SPEC_FILE } from '@sbmcrm/spec';
import type { Command } from 'commander';
import { vetOf } from '../context.ts';
import { EXIT } from '../exit.ts';
import { globalOptions, print } from '../options.ts';

export async function runCheck(_options: unknown, command: Command): Promise<void> {
  const specFile = globalOptions(command).spec ?? SPEC_FILE;
  const spec = loadSpec(specFile);
  await vetOf(specFile)(spec);
  const ofSpec = checkSpec(spec);
  // Loaded once the spec is known to be one.
  const { hostImage, imageFindings } = await import('@sbmcrm/platform/image');
  const findings = [...ofSpec, ...imageFindings(hostImage())];
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
