import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ASIDE_FILE, type Secrets } from '@sbmcrm/engines';
import type { Platform } from '../opened.ts';
import { moveCache, moveDatabase } from '../operate/index.ts';
import type { Progress } from '../progress.ts';
import { observeCache, observeDatabase } from '../status/observe.ts';
import { type Applying, applySteps } from './apply.ts';
import { findPlatform } from './find.ts';
import { planRenewals, type Renewal, waitingText } from './renew.ts';

export interface RenewalSetting {
  platform: Platform;
  secrets: Secrets;
  excused: ReadonlySet<string>;
  applying: Applying;
  progress: Progress;
  /** Why nothing is started again now; missing: it may. */
  held?: string | undefined;
  /** Waits until every part is there. */
  settle(): Promise<void>;
}

/**
 * Starts hosts again that go on as they are and should not, see {@link planRenewals}. A host that leads hands over first: what it would be
 * asked for is never waited for, and an empty one that still led would be what the others copy.
 *
 * @returns what was done, and what was not, in one line each
 * @throws ToolError in one line
 */
export async function renewHosts(setting: RenewalSetting): Promise<{ steps: Renewal[]; warnings: string[] }> {
  const { platform, secrets, excused, applying, progress, held, settle } = setting;
  const found = await findPlatform(platform, platform.cloud, secrets);
  const leading = await leaders(platform, secrets);
  const { rounds, waiting } = planRenewals(platform.topology, { ...found, excused, leading });
  if (held !== undefined)
    return { steps: [], warnings: [...rounds.flat(), ...waiting].map((each) => waitingText(each, held)) };
  const warnings = waiting.map((each) => waitingText(each, 'another one of its kind is not well'));
  const steps: Renewal[] = [];
  for (const round of rounds) {
    const now: Renewal[] = [];
    for (const each of round) {
      if (each.because === 'disk' && (await keepsCopies(platform, each.host))) {
        warnings.push(
          waitingText(each, `it keeps writes that nobody else has in /data/${ASIDE_FILE.replace('/copies', '')}`),
        );
        continue;
      }
      await handOver(platform, secrets, each.host, progress);
      await applying.waits.answered(each.host);
      await applySteps(applying, [each]);
      now.push(each);
    }
    await settle();
    for (const { host } of now) {
      const services = platform.topology.hosts.find(({ name }) => name === host)?.services ?? [];
      await progress.step(`${host} is well again`, (note) => applying.waits.recovered(host, services, note));
    }
    steps.push(...now);
  }
  return { steps, warnings };
}

/** Who leads what has a primary. */
export async function leaders(platform: Platform, secrets: Secrets): Promise<(string | null)[]> {
  const [database, cache] = await Promise.all([observeDatabase(platform), observeCache(platform, secrets)]);
  return [database.primary, cache.primary];
}

async function handOver(platform: Platform, secrets: Secrets, host: string, progress: Progress): Promise<void> {
  const [database, cache] = await leaders(platform, secrets);
  if (database === host) await moveDatabase(platform, 'switchover', undefined, progress);
  if (cache === host) await moveCache(platform, 'switchover', undefined, progress);
}

/** Whether a host has what was put aside before it followed another primary: the only copy of acknowledged writes. */
async function keepsCopies({ cloud }: Platform, name: string): Promise<boolean> {
  const root = cloud.access.root?.(await cloud.hostState(name));
  const file = root === undefined ? undefined : join(root, 'data', ASIDE_FILE);
  return file !== undefined && existsSync(file) && readFileSync(file, 'utf8').trim() !== '';
}
