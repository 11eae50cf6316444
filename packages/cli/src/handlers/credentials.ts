import { readSecrets } from '@sbmcrm/platform/secrets';
import type { Command } from 'commander';
import { cloudOf } from '../context.ts';
import { print } from '../options.ts';

export function runCredentials(_options: unknown, command: Command): void {
  const { adminEmail: email, adminPassword: password } = readSecrets(cloudOf(command).paths);
  print(command, { email, password }, `${email}  ${password}`);
}
