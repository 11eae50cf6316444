import type { FaultKind } from '@sbmcrm/local/faults';
import { type Drill, failoverGoal } from './drill.ts';
import { primaryOf, verifyFailover, verifyHealth, verifyReconnection, verifyRejoin } from './steps.ts';

/** What takes the primary's host, or a service of it, away for a while, and how it is told. */
export interface PrimaryLoss extends Pick<Drill, 'name' | 'title'> {
  kind: FaultKind;
  /** Of the host; left out, the whole of it. */
  service?: string;
  /** For a kind that is over in a moment otherwise. The drill ends it before. */
  forMs?: number;
  /** The verb of the step. */
  verb: string;
  /** What is expected of the host, after its name. */
  expected: string;
  /** What is observed of it, after its name. */
  observed: string;
}

/** The primary's host is away and comes back: the standby takes over, and the old primary follows it. */
export function primaryLoss({ kind, service, forMs, verb, expected, observed, ...drill }: PrimaryLoss): Drill {
  return {
    ...drill,
    goalMs: failoverGoal,
    async run(test) {
      const primary = primaryOf(test);
      await test.step(`${verb} primary database instance`, `${primary} ${expected}`, async () => {
        const target = service === undefined ? primary : `${primary}/${service}`;
        await test.inject({ kind, target, ...(forMs === undefined ? {} : { forMs }) });
        return `${primary} ${observed}`;
      });
      await verifyFailover(test);
      await verifyReconnection(test);
      await verifyHealth(test);
    },
    healed: (test) => verifyRejoin(test, primaryOf(test)),
  };
}
