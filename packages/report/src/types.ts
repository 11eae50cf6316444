import type { Capacity, GeneratorFigures, Latency } from '@sbmcrm/load';

export type { Latency } from '@sbmcrm/load';

/** Counts up when what is stored means something else. */
export const REPORT_VERSION = 2;

/** What a drill run says of itself. `drill run --json` prints it without `marks` and `series`; report.json has all of it. */
export interface RunReport {
  drill: string;
  /** One line for people: what is lost and what must hold. */
  title: string;
  seed: number;
  /** `set`: keys of the spec that were changed for this run only. */
  spec: { replicationMode: 'async' | 'sync'; set: Record<string, string> };
  verdict: Verdict;
  /** Why it failed, was skipped or shows nothing, in one line. */
  reason?: string;
  /** The platform did not carry the load before the fault, so that there was none. */
  unfit?: true;
  /** ISO 8601. */
  startedAt: string;
  /** All times of the run, in milliseconds, count from the start of the load. */
  steps: Step[];
  workload: WorkloadFigures;
  recovery: RecoveryFigures;
  consistency: Consistency;
  /** How often each server was asked whether it takes writes; a server that was not asked enough makes a run void. */
  watched: Watched[];
  /** Alerts that fired after the fault; missing where nothing watches the platform. */
  alerts?: ToldAlert[];
  marks: Mark[];
  series: Series;
  notTested: string[];
}

/** `void`: the instrument did not work (a starved load, too few looks), so the run shows neither one nor the other. */
export type Verdict = 'pass' | 'fail' | 'void' | 'skipped';

/** An alert as Prometheus had it, look by look. */
export interface ToldAlert {
  name: string;
  /** Where it is about one. */
  host?: string;
  /** When it fired, and when it was seen to hold last. */
  fromMs: number;
  untilMs: number;
  /** Whether the drill may cause it; one that it may not fails the run. */
  isExpected: boolean;
}

/** One step of the guide's test: what was expected, and what was seen. */
export interface Step {
  name: string;
  expected: string;
  observed: string;
  ok: boolean;
  atMs: number;
}

export interface WorkloadFigures {
  /** Requests per second, open loop. */
  rate: number;
  sent: number;
  /** Answered as expected; the CRM's own no, such as INSUFFICIENT_POINTS, is an expected answer. */
  ok: number;
  /** Refused early for too much work: a coded 503 with Retry-After within a second. */
  refused: number;
  /** No expected answer by the deadline. */
  failed: number;
  /** Requests that were sent again after a connection error. */
  retried: number;
  /** Requests that the load itself sent more than 50 ms after they were due. */
  late: number;
  /** How often refused and failed requests ended in which way, the most frequent first: `refused 503 OVERLOADED`, `failed no answer`. */
  ends?: Record<string, number>;
  /** By kind: earn, redeem, transfer, repeat, profile, own-read, login. */
  operations: Record<string, { sent: number; failed: number }>;
  /**
   * `before`: answered before the fault. `inFlight`: under way when it came. `during`: due from the fault to the end of healing;
   * `after`: due later.
   */
  latencyMs: { before: Latency; inFlight: Latency; during: Latency; after: Latency };
  /** What the load says of itself; missing when it did not end in good order. */
  generator?: GeneratorFigures;
}

/** Milliseconds after the fault was injected, where nothing else is said. */
export interface RecoveryFigures {
  detectedMs?: number;
  fencedMs?: number;
  /** Another database host took a write. */
  promotedMs?: number;
  /** The fault had taken effect, as the cloud confirmed. */
  effectMs?: number;
  /** The first acknowledged write after the fault had taken effect; null when there was none. */
  firstWriteMs: number | null;
  /**
   * The longest time without an acknowledged write from the fault on, from one acknowledgement to the next; one that did not
   * end counts up to the end of the load. Null when the drill was skipped.
   */
  writeGapMs: number | null;
  /** False: writes were still away when the load ended. */
  writeGapEnded: boolean;
  /** The longest gap that is accepted. */
  goalMs: number;
  /** How long the platform took to heal by itself once the fault was taken back; null when it did not. */
  healMs: number | null;
  /** How long after healing requests were as fast as {@link calmLimitMs} says; null when they were not. */
  calmMs: number | null;
  /** Until when they had to be: backlog ÷ spare capacity + 10 s. */
  calmGoalMs: number;
  /** Twice the 99th percentile before the fault. */
  calmLimitMs: number | null;
}

export interface Consistency {
  /** Writes that the platform acknowledged. */
  acknowledged: number;
  /** False: the ledgers could not be read, so that nothing is known of writes. */
  checked: boolean;
  /** Acknowledged and gone. */
  lost: number;
  /**
   * Those of them that asynchronous replication does not excuse: nobody took over, or they were acknowledged longer before the
   * fault than the standby lagged.
   */
  lostBeyondLag: number;
  /** How far a standby that takes over may be behind, in milliseconds, as it was measured before the fault. */
  lagBoundMs: number;
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
  /** Answers that named another balance than the ledger's line. */
  wrongBalances: number;
  /** Ledger lines that stand before one that was acknowledged before they were asked for. */
  outOfOrder: number;
  /** Refusals for want of points, though there were enough all the time. */
  wrongRefusals: number;
  /** Writes taken by a database while another one on a later timeline was primary already. */
  dualPrimaryObservations: number;
  /** The same for Redis masters. */
  dualCacheObservations: number;
  /** The first of each kind of damage, in words. */
  findings: string[];
}

/** A server that was asked for writes all along. */
export interface Watched {
  host: string;
  /** Answers: a write that was taken, or the word that the server takes none. */
  samples: number;
  /** Tries that brought no answer, once there was a connection. */
  errors: number;
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
  version: typeof REPORT_VERSION;
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
  /** How the rate was chosen. */
  load: { rate: number; chosen: 'asked' | 'capacity'; capacity?: MeasuredCapacity };
  /** Everything that this invocation is to run, in order: `--resume` goes on from here. */
  plan: { drill: string; set: Record<string, string>; seed: number }[];
  runs: RunReport[];
}

/** What a platform carries on a machine, and when that was found out. */
export interface MeasuredCapacity extends Capacity {
  /** ISO 8601. */
  measuredAt: string;
  /** Shares of one core that were in use at the highest rate that held, most first. */
  busy: { name: string; cores: number }[];
  cores: number;
  /** Set when a drill's load was too much even before its fault: the capacity is lower than it was found to be. */
  lowered?: { from: number; because: string };
}
