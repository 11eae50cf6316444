import type { Latency, ReportFile, RunReport } from './types.ts';

/** Changes to a run of {@link aRun}; a part that is named is merged into its default. */
export type RunChanges = Partial<Omit<RunReport, 'spec' | 'workload' | 'recovery' | 'consistency'>> & {
  spec?: Partial<RunReport['spec']>;
  workload?: Partial<RunReport['workload']>;
  recovery?: Partial<RunReport['recovery']>;
  consistency?: Partial<RunReport['consistency']>;
};

const RATE = 100;
const BUCKET_MS = 250;
const LOAD_MS = 60_000;
const FAULT_MS = 20_000;

/** For tests: a minute of load in which a host is lost after 20 s and returns after 45 s; sync, passed, nothing lost. */
export function aRun({ spec, workload, recovery, consistency, ...rest }: RunChanges = {}): RunReport {
  const gapMs = recovery?.writeGapMs ?? 2410;
  const firstWriteMs = gapMs + 20;
  return {
    drill: 'database-primary-loss',
    title: "The primary's host loses power: the standby takes over, no acknowledged write is lost",
    seed: 1,
    verdict: 'pass',
    startedAt: '2026-03-02T10:15:30.000Z',
    steps: [
      {
        name: 'Stop primary database instance',
        expected: 'postgres-a is silent',
        observed: 'postgres-a stopped',
        ok: true,
        atMs: FAULT_MS,
      },
      {
        name: 'Verify automatic failover to standby',
        expected: 'another host is primary within 30 s',
        observed: 'postgres-b is primary on timeline 2 after 1.9 s',
        ok: true,
        atMs: FAULT_MS + 1900,
      },
      {
        name: 'Verify application reconnection',
        expected: 'writes are acknowledged again within 30 s',
        observed: `first write after ${(firstWriteMs / 1000).toFixed(2)} s`,
        ok: true,
        atMs: FAULT_MS + firstWriteMs,
      },
      {
        name: 'Check data consistency',
        expected: 'every acknowledged write is there, once',
        observed: '2,398 acknowledged, 0 lost',
        ok: true,
        atMs: LOAD_MS + 1500,
      },
    ],
    marks: [
      { atMs: FAULT_MS, kind: 'fault', label: 'stop postgres-a' },
      { atMs: FAULT_MS + 310, kind: 'role', label: 'postgres-a: no answer' },
      { atMs: FAULT_MS + 820, kind: 'role', label: 'postgres-a: fenced' },
      { atMs: FAULT_MS + 1900, kind: 'role', label: 'postgres-b: standby → primary, timeline 2' },
      { atMs: FAULT_MS + 2050, kind: 'role', label: 'replica-b: follows postgres-b' },
      { atMs: FAULT_MS + 2300, kind: 'role', label: 'replica-a: follows postgres-b' },
      { atMs: 45_000, kind: 'heal', label: 'start postgres-a' },
      { atMs: 47_800, kind: 'role', label: 'postgres-a: running as standby' },
    ],
    series: aSeries(gapMs),
    watched: [
      { host: 'postgres-a', samples: 312, errors: 0 },
      { host: 'postgres-b', samples: 598, errors: 0 },
    ],
    notTested: ['power loss (the page cache survives)', 'real zones'],
    ...rest,
    spec: { replicationMode: 'sync', set: {}, ...spec },
    workload: {
      rate: RATE,
      sent: 6000,
      ok: 6000,
      refused: 0,
      failed: 0,
      retried: 12,
      late: 3,
      operations: {
        earn: { sent: 1500, failed: 0 },
        redeem: { sent: 600, failed: 0 },
        transfer: { sent: 300, failed: 0 },
        repeat: { sent: 120, failed: 0 },
        profile: { sent: 1680, failed: 0 },
        'own-read': { sent: 1740, failed: 0 },
        login: { sent: 60, failed: 0 },
      },
      latencyMs: {
        before: latency(4.2, 9.1, 14.6, 41),
        inFlight: latency(31.5, 1830, gapMs + 21, gapMs + 164),
        during: latency(5.1, 1980, gapMs + 38, gapMs + 190),
        after: latency(4.4, 9.8, 15.9, 63),
      },
      generator: { eventLoopDelayMs: { p99: 11.4, max: 38 }, cpuMs: 21_300, mostInFlight: 187, maxSockets: 512 },
      ...workload,
    },
    recovery: {
      effectMs: 60,
      detectedMs: 310,
      fencedMs: 820,
      promotedMs: 1900,
      firstWriteMs,
      writeGapMs: gapMs,
      writeGapEnded: true,
      goalMs: 30_000,
      healMs: 12_340,
      calmMs: 3120,
      calmGoalMs: 14_200,
      calmLimitMs: 80,
      ...recovery,
    },
    consistency: {
      acknowledged: 2398,
      checked: true,
      lost: 0,
      lostBeyondLag: 0,
      lagBoundMs: 340,
      duplicated: 0,
      unexpected: 0,
      recovered: 2,
      staleSessionReads: 0,
      sessionReads: 1740,
      negativeBalances: 0,
      balanceMismatches: 0,
      wrongBalances: 0,
      outOfOrder: 0,
      wrongRefusals: 0,
      dualPrimaryObservations: 0,
      dualCacheObservations: 0,
      findings: [],
      ...consistency,
    },
  };
}

/** A run that did not take place: no load, no figures. */
export function aSkippedRun(drill: string, reason: string): RunReport {
  const none = latency(null, null, null, null);
  const { generator: _none, ...workload } = aRun().workload;
  return {
    ...aRun({
      drill,
      title: 'The link between the zones loses one packet in twenty',
      verdict: 'skipped',
      reason,
      steps: [],
      marks: [],
      series: { bucketMs: BUCKET_MS, ok: [], writes: [], failed: [], p50: [], p99: [], max: [] },
      watched: [],
      recovery: { firstWriteMs: null, writeGapMs: null, healMs: null, calmMs: null, calmLimitMs: null },
      consistency: { acknowledged: 0, checked: false, recovered: 0, sessionReads: 0 },
    }),
    workload: {
      ...workload,
      sent: 0,
      ok: 0,
      retried: 0,
      late: 0,
      operations: {},
      latencyMs: { before: none, inFlight: none, during: none, after: none },
    },
  };
}

/** A file in which all that was planned has run. */
export function aFile(runs: RunReport[], changes: Partial<ReportFile> = {}): ReportFile {
  return {
    version: 2,
    command: 'npx sbmcrm drill run database-primary-loss',
    startedAt: '2026-03-02T10:15:00.000Z',
    finishedAt: '2026-03-02T10:22:10.000Z',
    machine: { cores: 2, cpu: 'AMD EPYC 7B13', memoryGb: 23.5, kernel: 'Linux 6.1.0-28-amd64' },
    versions: {
      sbmcrm: '0.1.0',
      PostgreSQL: '17.12',
      Patroni: '4.0.7',
      etcd: '3.5.16',
      Redis: '8.0.2',
      HAProxy: '3.0.11',
    },
    specFile: 'sbmcrm.yaml',
    specText: 'platform: sbmcrm\ndatabase:\n  replicationMode: async   # async | sync\n',
    load: {
      rate: 200,
      chosen: 'capacity',
      capacity: {
        rate: 260,
        atLeast: false,
        spread: [240, 280],
        measuredAt: '2026-03-01T09:00:00.000Z',
        busy: [
          { name: 'postgres-a', cores: 0.612 },
          { name: 'sbmcrm-api-01', cores: 0.44 },
        ],
        cores: 2,
      },
    },
    plan: runs.map(({ drill, spec, seed }) => ({ drill, set: spec.set, seed })),
    runs,
    ...changes,
  };
}

function latency(p50: number | null, p95: number | null, p99: number | null, max: number | null): Latency {
  return { p50, p95, p99, max };
}

/** A steady load that stalls for the gap and is answered in a burst after it. */
function aSeries(gapMs: number): RunReport['series'] {
  const noise = randomNumbers(gapMs);
  const perBucket = (RATE * BUCKET_MS) / 1000;
  const series: RunReport['series'] = {
    bucketMs: BUCKET_MS,
    ok: [],
    writes: [],
    failed: [],
    p50: [],
    p99: [],
    max: [],
  };
  for (let at = 0; at < LOAD_MS; at += BUCKET_MS) {
    const since = at - FAULT_MS;
    const stalled = since >= 0 && since < gapMs;
    const burst = !stalled && since >= 0 && since < gapMs + BUCKET_MS;
    const reads = Math.round(perBucket * 0.6 + (noise() - 0.5) * 4);
    const writes = stalled ? 0 : Math.round(perBucket * 0.4 + (noise() - 0.5) * 3 + (burst ? (gapMs / 1000) * 40 : 0));
    const slow = burst ? gapMs : 12 + noise() * 10;
    series.ok.push(reads + writes);
    series.writes.push(writes);
    series.failed.push(0);
    series.p50.push(burst ? gapMs / 2 : 4 + noise());
    series.p99.push(slow);
    series.max.push(slow + noise() * 40);
  }
  return series;
}

/** The same numbers in [0, 1) for the same seed: a test must not fail by chance. */
function randomNumbers(seed: number): () => number {
  let state = Math.round(seed) || 1;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}
