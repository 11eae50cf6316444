import type { Platform } from './opened.ts';
import { StatusReader } from './status/reader.ts';
import type { PlatformStatus } from './status/summary.ts';

export type { MembersUp } from './members-up.ts';
export { CANARY_MS, type CanaryResult } from './status/canary.ts';
export type { Observation } from './status/observation.ts';
export {
  apiUrl,
  checkedServices,
  entryAnswers,
  isUp,
  observeCache,
  observeDatabase,
  observeFull,
  observeHealth,
  observeMembers,
} from './status/observe.ts';
export { NOTICE_CODES, type Notice, PROBLEM_CODES, type Problem, type ProblemCode } from './status/problem.ts';
export { StatusReader } from './status/reader.ts';
export { downStatus, type PlatformStatus, summarise } from './status/summary.ts';

/** Looks at a platform once. See {@link StatusReader} for who looks again and again. */
export async function platformStatus(platform: Platform): Promise<PlatformStatus> {
  const reader = new StatusReader(platform);
  try {
    return await reader.look();
  } finally {
    reader.close();
  }
}
