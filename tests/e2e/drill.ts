import type { RunReport } from '@sbmcrm/drills';
import type { TestPlatform } from './platform.ts';

/** Runs one drill and returns its report; what the command said is in the error if there is none. */
export async function drill(platform: TestPlatform, ...args: string[]): Promise<RunReport & { code: number }> {
  const { code, stdout, stderr } = await platform.run('drill', 'run', '--json', ...args);
  if (!stdout.startsWith('{')) throw new Error(`drill run ${args.join(' ')} ended with ${code}: ${stderr}`);
  return { ...(JSON.parse(stdout.split('\n')[0] ?? '') as RunReport), code };
}
