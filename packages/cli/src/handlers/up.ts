import { apiUrl, type UpResult, up } from '@sbmcrm/platform';
import type { Command } from 'commander';
import { interruptSignal, print, progressOf, workspaceOf } from '../context.ts';

interface UpOptions {
  network?: string;
  port?: number;
  mirror?: string;
  install: boolean;
  force: boolean;
}

export async function runUp(options: UpOptions, command: Command): Promise<void> {
  const start = performance.now();
  const result = await up(workspaceOf(command), {
    ...options,
    progress: progressOf(command),
    signal: interruptSignal(),
  });
  const seconds = (performance.now() - start) / 1000;
  const { platform, changed, faults } = result;
  const value = {
    changed,
    elapsedMs: Math.round(seconds * 1000),
    endpoints: { api: apiUrl(platform) },
    network: platform.record.network,
    faults,
  };
  print(command, value, upText(result, seconds));
}

function upText({ platform, secrets, changed, faults, findings }: UpResult, seconds: number): string {
  const url = apiUrl(platform);
  const { floating } = platform.topology.network;
  const notRun = ['storage', 'backup', 'alerts', 'application.autoScaling'];
  if (!platform.spec.database.automaticFailover.enabled)
    notRun.push('database.automaticFailover.enabled: false (it stays automatic)');
  return [
    '',
    changed
      ? `The platform is up (${seconds.toFixed(1)} s).`
      : `The platform is up and as the spec wants it: nothing to change (${seconds.toFixed(1)} s).`,
    '',
    `  API       ${url}   (inside: http://${floating.public})`,
    `  login     ${secrets.adminEmail}  ${secrets.adminPassword}`,
    `  not run yet, only checked: ${notRun.join(', ')}`,
    ...faults.map(
      (fault) =>
        `  fault     ${fault.id}: ${fault.kind} ${fault.target} since ${fault.since} (clear it with \`sbmcrm fault clear ${fault.id}\`)`,
    ),
    ...findings.map(
      (finding) => `  ${finding.severity.padEnd(9)} ${finding.path}: ${finding.message} — ${finding.fix}`,
    ),
    '',
    'Try next:',
    '  npx sbmcrm status --watch                  # in a second terminal',
    '  npx sbmcrm fault inject stop postgres-a    # lose the primary’s host …',
    `  curl ${url}/health                  # … and the CRM keeps answering; \`npm start\` brings the host back`,
  ].join('\n');
}
