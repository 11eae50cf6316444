import { StatePaths } from '@sbmcrm/local';
import { readSecrets } from '@sbmcrm/platform';
import { shared } from './platform.ts';

/** Runs a command on a host of the shared platform. @returns what it printed */
export async function run(host: string, ...command: string[]): Promise<string> {
  const { code, stdout, stderr } = await shared.run('exec', host, '--', ...command);
  if (code !== 0) throw new Error(`${command.join(' ')} on ${host}: ${stderr}`);
  return stdout.trim();
}

/** The same with a script of the shell. */
export const on = (host: string, script: string) => run(host, 'sh', '-c', script);

export const secrets = () => readSecrets(new StatePaths(shared.state));

/** One query as the application's user, by name. */
export function query(host: string, name: string, sql: string): Promise<string> {
  const url = `postgresql://sbmcrm:${secrets().postgresApplication}@${name}/sbmcrm_production?connect_timeout=5`;
  return run(host, 'psql', url, '--no-psqlrc', '--tuples-only', '--no-align', '--command', sql);
}

/** Statements on a host's own server, one after the other, as its superuser: root needs no password there. @returns rows of the last one, columns divided by `|` */
export function psql(host: string, ...statements: string[]): Promise<string> {
  const commands = statements.map((each) => `-c "${each}"`).join(' ');
  return on(host, `psql -X -q -A -t -h /run/postgresql -U postgres ${commands}`);
}
