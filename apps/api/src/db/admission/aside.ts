import type { Deadline } from '../../deadline.ts';
import { ApiError, type ErrorCode } from '../../errors.ts';
import { type Waiter, WaitingLine } from './waiting-line.ts';

/** As many as may wait in the main queue by default. */
const QUEUE = 5000;

/**
 * A side entrance for work that could come in any amount through no need of its own: a few at a time, so that it never fills the
 * places of all others. The earliest deadline is first: who waited elsewhere before, for a session or a replica, does not wait again
 * behind those who came meanwhile.
 *
 * @param atATime how many; asked anew whenever somebody comes or goes
 * @param queue how many may wait; those beyond are refused at once
 * @param code what those are told; who waits until his deadline is told OVERLOADED
 * @returns runs work; throws {@link ApiError} when too many wait, or when its turn has not come by the deadline
 */
export function createAside(
  atATime: number | (() => number),
  queue = QUEUE,
  code: ErrorCode = 'OVERLOADED',
): <T>(work: () => Promise<T>, deadline: Deadline) => Promise<T> {
  const line = new WaitingLine();
  let inside = 0;
  const hasPlace = () => inside < Math.max(1, Math.floor(typeof atATime === 'number' ? atATime : atATime()));
  const admit = () => {
    while (hasPlace()) {
      const next = line.next();
      if (!next) return;
      inside += 1;
      next.admit();
    }
  };
  return async (work, deadline) => {
    if (hasPlace() && line.length === 0) inside += 1;
    else if (line.length >= queue) throw new ApiError(code);
    else await turn(line, deadline);
    try {
      return await work();
    } finally {
      inside -= 1;
      admit();
    }
  };
}

/** Waits until it is let in. A client that hears nothing until it gives up knows less than one that is refused. */
function turn(line: WaitingLine, deadline: Deadline): Promise<void> {
  return new Promise((resolve, reject) => {
    const waiter: Waiter = { deadline, keys: [], isBehind: false, admit: resolve, refuse: reject, timer: undefined };
    const leave = () => {
      line.leave(waiter);
      reject(new ApiError('OVERLOADED'));
    };
    waiter.timer = setTimeout(leave, deadline.leftMs);
    deadline.whenAbandoned(leave);
    line.join(waiter);
  });
}
