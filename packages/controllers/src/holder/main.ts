import { renameSync, writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { probeHttp } from '@sbmcrm/http';
import { LOOK_MS } from './decide.ts';
import { Holder, type HolderOptions } from './holder.ts';
import { type Keys, keysOf } from './words.ts';

/**
 * Tells keepalived whether this load balancer may have the floating addresses:
 *
 *   HOLDER=SETTING main.ts MAY
 *
 * keepalived watches the file MAY: anything but 0 means that it may not.
 */
const [mayFile = ''] = process.argv.slice(2);
if (!mayFile || !process.env.HOLDER) throw new Error('usage: HOLDER=SETTING main.ts MAY');

type Setting = Omit<HolderOptions, 'holds' | 'may' | 'serves'> & { floating: string[]; servesUrl: string } & Keys;
const { floating, servesUrl, ...setting } = JSON.parse(process.env.HOLDER) as Setting;
const ANSWER_MS = 500;

function tell(isAllowed: boolean): void {
  // keepalived must not read half of it.
  writeFileSync(`${mayFile}.new`, isAllowed ? '0\n' : '1\n');
  renameSync(`${mayFile}.new`, mayFile);
}

/** As this host's own HAProxy has it. One that does not answer is busy, or gone, and then keepalived finds out. */
async function isOk(url: string): Promise<boolean | undefined> {
  const answer = await probeHttp(url, { timeoutMs: ANSWER_MS });
  return answer && answer.status === 200;
}

tell(true);
const holder = new Holder({
  ...setting,
  secrets: keysOf(setting),
  holds: () =>
    Object.values(networkInterfaces()).some((addresses = []) =>
      addresses.some(({ address }) => floating.includes(address)),
    ),
  serves: () => isOk(servesUrl),
  may: (isAllowed, why) => {
    tell(isAllowed);
    console.log(`${isAllowed ? 'may' : 'may not'} have the floating addresses: ${why}`);
  },
});
setInterval(() => holder.look(), LOOK_MS);
