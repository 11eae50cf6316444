import { ToolError } from '@sbmcrm/errors';
import { type Platform, type PlatformStatus, platformStatus } from '@sbmcrm/platform';

/** A platform that has just come up, or has just been loaded, may need a moment more. */
const BEGIN_TIMEOUT_MS = 10_000;
const LOOK_MS = 1000;

/** @param what is to begin, for the message. @throws Error in one line when the platform is not healthy */
export async function healthyStatus(platform: Platform, what: string): Promise<PlatformStatus> {
  for (const endMs = Date.now() + BEGIN_TIMEOUT_MS; ; ) {
    const status = await platformStatus(platform);
    const held = status.notices.find(({ code }) => code === 'MAINTENANCE');
    if (held) throw new ToolError('NOT_HEALTHY', `${what}: ${held.text}`);
    if (status.state === 'healthy') return status;
    // A fault does not go by waiting, unless it ends by itself.
    const outlasts = status.faults.some(({ until }) => until === undefined || Date.parse(until) > endMs);
    if (Date.now() > endMs || outlasts || status.state === 'down') {
      const reasons = status.reasons.join('; ');
      throw new ToolError(
        'NOT_HEALTHY',
        `${what}: the platform is ${status.state} (${reasons}): mend it first, e.g. with \`sbmcrm up\``,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}
