import type { FaultRequest } from '@sbmcrm/cloud';
import type { FaultKind } from '@sbmcrm/local/faults';
import { lossOf } from '../alerts/expected.ts';
import { type Drill, failoverGoal } from '../run/drill.ts';
import { primaryOf, verifyFailover, verifyHealth, verifyReconnection, verifyRejoin } from '../run/steps.ts';

/** What takes the primary's host away for a while, and how it is told. */
export interface PrimaryLoss extends Pick<Drill, 'name' | 'title'> {
  /** Default: those of the loss of its host. */
  alerts?: Drill['alerts'];
  kind: FaultKind;
  /** Of the fault, beside its kind and target. */
  options?: Partial<FaultRequest<FaultKind>>;
  /** The verb of the step. */
  verb: string;
  /** What is expected of the host, after its name. */
  expected: string;
  /** What is observed of it, after its name. */
  observed: string;
}

const ofHost: Drill['alerts'] = (test) => lossOf(test, primaryOf(test));

/** The primary's host is away and comes back: the standby takes over, and the old primary follows it. */
export function primaryLoss({
  kind,
  options = {},
  verb,
  expected,
  observed,
  alerts = ofHost,
  ...drill
}: PrimaryLoss): Drill {
  return {
    ...drill,
    goalMs: failoverGoal,
    alerts,
    async run(test) {
      const primary = primaryOf(test);
      await test.step(`${verb} primary database instance`, `${primary} ${expected}`, async () => {
        await test.inject({ ...options, kind, target: primary });
        return `${primary} ${observed}`;
      });
      await verifyFailover(test);
      await verifyReconnection(test);
      await verifyHealth(test);
    },
    healed: (test) => verifyRejoin(test, primaryOf(test)),
  };
}
