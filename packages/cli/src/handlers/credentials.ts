import { ALERTMANAGER_USER } from '@sbmcrm/engines/relay';
import { readSecrets } from '@sbmcrm/platform/secrets';
import type { Command } from 'commander';
import { cloudOf } from '../context.ts';
import { print } from '../options.ts';

export function runCredentials(_options: unknown, command: Command): void {
  const { adminEmail: email, adminPassword: password, alertmanager } = readSecrets(cloudOf(command).paths);
  const watch = alertmanager === undefined ? {} : { alertmanager: { user: ALERTMANAGER_USER, password: alertmanager } };
  print(command, { email, password, ...watch }, `${email}  ${password}`);
}
