/** What a drill run says of itself. `drill run --json` prints it without `marks` and `series`; report.json has all of it. */
export interface RunReport {
  drill: string;
  /** One line for people: what is lost and what must hold. */
  title: string;
  seed: number;
  /** `set`: keys of the spec that were changed for this run only. */
  spec: { replicationMode: 'async' | 'sync'; set: Record<string, string> };
  verdict: Verdict;
  /** Why it failed or was skipped, in one line. */
  reason?: string;
  /** ISO 8601. */
  startedAt: string;
  /** All times of the run, in milliseconds, count from the start of the load. */
  steps: Step[];
  workload: WorkloadFigures;
  recovery: RecoveryFigures;
  consistency: Consistency;
  marks: Mark[];
  series: Series;
  notTested: string[];
}

export type Verdict = 'pass' | 'fail' | 'skipped';

/** One step of the guide's test: what was expected, and what was seen. */
export interface Step {
  name: string;
  expected: string;
  observed: string;
  ok: boolean;
  atMs: number;
}

/** Milliseconds from the moment a request was due, so that a stall of the load cannot hide; null without requests. */
export interface Latency {
  p50: number | null;
  p95: number | null;
  p99: number | null;
  max: number | null;
}

export interface WorkloadFigures {
  /** Requests per second, open loop. */
  rate: number;
  sent: number;
  /** Answered as expected; a refusal such as INSUFFICIENT_POINTS is an expected answer. */
  ok: number;
  /** No expected answer by the deadline. */
  failed: number;
  /** Requests that were sent again after a connection error. */
  retried: number;
  /** Requests that the load itself sent more than 50 ms after they were due. */
  late: number;
  /** By kind: earn, redeem, transfer, repeat, profile, own-read, login. */
  operations: Record<string, { sent: number; failed: number }>;
  latencyMs: { before: Latency; during: Latency; after: Latency };
}

/** Milliseconds after the fault was injected, but for `writeGapMs` and `goalMs`, which are spans. */
export interface RecoveryFigures {
  detectedMs?: number;
  fencedMs?: number;
  /** Another database host took a write. */
  promotedMs?: number;
  /** The first acknowledged write after the longest gap; null when no write was acknowledged after the fault. */
  firstWriteMs: number | null;
  /** The longest time without an acknowledged write from the fault on; null when none was acknowledged after it. */
  writeGapMs: number | null;
  goalMs: number;
}

export interface Consistency {
  /** Writes that the platform acknowledged. */
  acknowledged: number;
  /** Acknowledged and gone. */
  lost: number;
  /** Applied more than once. */
  duplicated: number;
  /** In the ledger but never sent, refused, or not as sent. */
  unexpected: number;
  /** Outcome unknown to the client, found applied once. */
  recovered: number;
  /** Reads of a session that did not show the session's own last write. */
  staleSessionReads: number;
  /** How many such reads there were. */
  sessionReads: number;
  /** Ledger lines whose balance is below zero. */
  negativeBalances: number;
  /** Balances that are not the sum of their ledger. */
  balanceMismatches: number;
  /** Writes taken by a database while another one on a later timeline was primary already. */
  dualPrimaryObservations: number;
  /** The same for Redis masters. */
  dualCacheObservations: number;
  /** The first of each kind of damage, in words. */
  findings: string[];
}

/** Something that happened, drawn as a vertical line. */
export interface Mark {
  atMs: number;
  /** `role`: the role or health of a part changed, as it was observed. */
  kind: 'fault' | 'heal' | 'role';
  label: string;
}

/** The load over time: one value a bucket, the first bucket begins at 0. */
export interface Series {
  bucketMs: number;
  /** Requests answered as expected in the bucket. */
  ok: number[];
  /** Acknowledged writes in the bucket. */
  writes: number[];
  /** Requests that failed in the bucket. */
  failed: number[];
  /** Milliseconds of the requests answered in the bucket; null where there are none. */
  p50: (number | null)[];
  p99: (number | null)[];
  max: (number | null)[];
}

/** One invocation of `drill run`, `demo` or a bench: what report.json and report.html show. */
export interface ReportFile {
  version: 1;
  /** As typed, without secrets. */
  command: string;
  /** ISO 8601. */
  startedAt: string;
  finishedAt: string;
  machine: { cores: number; cpu: string; memoryGb: number; kernel: string };
  /** Versions of engines and of this software by name. */
  versions: Record<string, string>;
  specFile: string;
  specText: string;
  runs: RunReport[];
}
