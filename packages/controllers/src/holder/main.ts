import { renameSync, writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { LOOK_MS } from './decide.ts';
import { Holder, type HolderOptions } from './holder.ts';

/**
 * Tells keepalived whether this load balancer may have the floating addresses:
 *
 *   HOLDER=SETTING main.ts MAY
 *
 * keepalived watches the file MAY: anything but 0 means that it may not.
 */
const [mayFile = ''] = process.argv.slice(2);
if (!mayFile || !process.env.HOLDER) throw new Error('usage: HOLDER=SETTING main.ts MAY');

type Setting = Omit<HolderOptions, 'holds' | 'may'> & { floating: string[] };
const { floating, ...setting } = JSON.parse(process.env.HOLDER) as Setting;

function tell(isAllowed: boolean): void {
  // keepalived must not read half of it.
  writeFileSync(`${mayFile}.new`, isAllowed ? '0\n' : '1\n');
  renameSync(`${mayFile}.new`, mayFile);
}

tell(true);
const holder = new Holder({
  ...setting,
  holds: () =>
    Object.values(networkInterfaces()).some((addresses = []) =>
      addresses.some(({ address }) => floating.includes(address)),
    ),
  may: (isAllowed, why) => {
    tell(isAllowed);
    console.log(`${isAllowed ? 'may' : 'may not'} have the floating addresses: ${why}`);
  },
});
setInterval(() => holder.look(), LOOK_MS);
