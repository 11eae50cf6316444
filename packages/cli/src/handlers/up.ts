import { apiUrl, dryRun, planText, type UpResult, up } from '@sbmcrm/platform';
import { wantedSize } from '@sbmcrm/topology';
import type { Command } from 'commander';
import { interruptSignal, progressOf, vetOf, workspaceOf } from '../context.ts';
import { print } from '../options.ts';

interface UpOptions {
  network?: string;
  port?: number;
  mirror?: string;
  install: boolean;
  force: boolean;
  dryRun: boolean;
}

export async function runUp(options: UpOptions, command: Command): Promise<void> {
  const workspace = workspaceOf(command);
  const vet = vetOf(workspace.specFile);
  if (options.dryRun) {
    const steps = await dryRun(workspace, { ...options, vet });
    return print(command, { steps }, planText(steps));
  }
  const start = performance.now();
  const result = await up(workspace, {
    ...options,
    vet,
    progress: progressOf(command),
    signal: interruptSignal(),
  });
  const seconds = (performance.now() - start) / 1000;
  const { platform, changed, faults } = result;
  const value = {
    changed,
    steps: result.steps,
    elapsedMs: Math.round(seconds * 1000),
    endpoints: { api: apiUrl(platform) },
    network: platform.record.network,
    faults,
    sizes: Object.fromEntries(platform.topology.hosts.map(({ name, size }) => [name, size])),
    warnings: result.warnings,
  };
  print(command, value, upText(result, seconds));
}

function upText({ platform, secrets, changed, faults, findings, warnings }: UpResult, seconds: number): string {
  const url = apiUrl(platform);
  const { floating } = platform.topology.network;
  const { monitoring, application } = platform.spec;
  const alerts = monitoring.enabled ? [] : ['alerts (monitoring is off)'];
  const scaling = application.autoScaling.enabled ? [] : ['application.autoScaling (it is off)'];
  const notRun = ['storage', 'backup', ...alerts, ...scaling];
  return [
    '',
    changed
      ? `The platform is up (${seconds.toFixed(1)} s).`
      : `The platform is up and as the spec wants it: nothing to change (${seconds.toFixed(1)} s).`,
    '',
    `  API       ${url}   (inside: http://${floating.public})`,
    `  login     ${secrets.adminEmail}  ${secrets.adminPassword}`,
    `  sizes     ${sizesText(platform)}`,
    `  not run yet, only checked: ${notRun.join(', ')}`,
    ...faults.map(
      (fault) =>
        `  fault     ${fault.id}: ${fault.kind} ${fault.target} since ${fault.since} (clear it with \`sbmcrm fault clear ${fault.id}\`)`,
    ),
    ...warnings.map((warning) => `  warning   ${warning}`),
    ...findings.map(
      (finding) => `  ${finding.severity.padEnd(9)} ${finding.path}: ${finding.message} — ${finding.fix}`,
    ),
    '',
    'Try next:',
    '  ./sbmcrm status --watch                  # in a second terminal',
    '  ./sbmcrm fault inject stop postgres-a    # lose the primary’s host …',
    `  curl ${url}/health                  # … and the CRM keeps answering; \`npm start\` brings the host back`,
  ].join('\n');
}

/** Memory of each kind of host, and whether the machine is smaller than the spec. */
function sizesText({ spec, topology }: UpResult['platform']): string {
  const kinds = new Map(topology.hosts.map((host) => [host.role, host.size.memory]));
  const cut = topology.hosts.some((host) => host.size.memory < wantedSize(spec, host.role).memory);
  const list = [...kinds].map(([role, memory]) => `${role} ${Math.round(memory / 1024 ** 2)} MB`).join(', ');
  return `${list} (limit of each host${cut ? ", cut from the spec's to fit this machine" : ''})`;
}
