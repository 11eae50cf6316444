import { settleAll, ToolError } from '@sbmcrm/errors';
import { keepRelayTokens } from '../alerts/relay.ts';
import { refusedBy, setLogins } from '../logins/database.ts';
import type { Platform } from '../opened.ts';
import { Interrupted, type Progress, waitFor } from '../progress.ts';
import { keepFleet } from '../scaling/places.ts';
import type { StoredSecrets } from '../secrets.ts';
import { observeDatabase } from '../status/observe.ts';
import { applySteps } from '../up/apply.ts';
import { definitionsOf, findPlatform } from '../up/find.ts';
import { planUp } from '../up/plan.ts';
import { platformWaits } from '../up/waits.ts';

/** A follower has what the primary wrote within moments; one that is far behind is waited for. */
const FOLLOW_MS = 60_000;

export interface RollingOut {
  platform: Platform;
  note: (text: string) => void;
  signal?: AbortSignal | undefined;
}

/**
 * Brings secrets to everything that runs: files first, then the database's roles, then all that reads its files again while it runs, at
 * once, and at last what must be restarted, one host after the other.
 *
 * @throws ToolError where a host does not take them over; Interrupted
 */
export async function rollOut({ platform, note, signal }: RollingOut, secrets: StoredSecrets): Promise<void> {
  const { cloud, topology } = platform;
  keepRelayTokens(platform.paths, secrets);
  const definitions = definitionsOf(platform, secrets);
  const { comparisons: before } = await findPlatform(platform, cloud, secrets);
  if ([...before.values()].some(({ otherCode }) => otherCode)) {
    throw new ToolError('NOT_HEALTHY', 'hosts run the code of another folder than this one: `sbmcrm up` first');
  }
  const present = new Set((await cloud.listHosts()).map(({ name }) => name));
  await settleAll(
    definitions.filter(({ name }) => present.has(name)),
    async (definition) => {
      if ((await cloud.compareHost(definition)).isOther) await cloud.createHost(definition);
    },
  );
  await keepFleet(platform, secrets);
  await bringLogins({ platform, note, signal }, secrets);
  const { hosts, comparisons } = await findPlatform(platform, cloud, secrets);
  await settleAll(
    hosts.filter(({ state }) => state === 'running'),
    async ({ name }) => {
      for (const service of comparisons.get(name)?.reloads ?? []) await cloud.refreshService(name, service);
    },
  );
  const progress: Progress = {
    step: (title, task) => {
      if (signal?.aborted) throw new Interrupted();
      note(title);
      return task(note);
    },
  };
  const steps = planUp(topology, await findPlatform(platform, cloud, secrets)).filter(
    (step) => step.do === 'take-over',
  );
  await applySteps({ cloud, definitions, progress, waits: platformWaits(platform, signal) }, steps);
  const after = await findPlatform(platform, cloud, secrets);
  const missing = after.hosts.filter(
    ({ name, initPid }) => initPid !== null && (after.comparisons.get(name)?.changed.length ?? 0) > 0,
  );
  if (missing.length > 0) {
    throw new ToolError(
      'NOT_HEALTHY',
      `${missing.map(({ name }) => name).join(', ')} cannot take the new secrets over now: when that host is well again, the same command goes on`,
    );
  }
}

/** Gives the database's roles what the secrets say, and waits until every server has it that runs. */
async function bringLogins({ platform, note, signal }: RollingOut, secrets: StoredSecrets): Promise<void> {
  await waitFor(
    async () => {
      const { primary, members } = await observeDatabase(platform);
      if (primary === null) return 'the database has no primary';
      const refused = await refusedBy(platform, primary, secrets);
      if (refused === undefined) return `the database on ${primary} does not answer`;
      // Again after a failover: the new primary may not have had it.
      if (refused.length > 0) await setLogins(platform, primary);
      for (const { name, state } of members) {
        if (name === primary || state !== 'running') continue;
        if ((await refusedBy(platform, name, secrets))?.length !== 0) return `${name} has not got the new logins yet`;
      }
      return refused.length > 0 ? `${primary} has not got the new logins yet` : undefined;
    },
    { timeoutMs: FOLLOW_MS, note, signal },
  );
}
