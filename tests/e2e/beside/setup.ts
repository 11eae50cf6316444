import { guard } from '../guard.ts';
import { small } from '../platform.ts';

/** What machine.test.ts adds to the machine. */
const ADDED = [
  `umount --lazy ${small.state}; rm -rf ${small.state} ${small.state}.img`,
  'nft delete table netdev sbmtestleaks; nft delete table inet sbmtestdocker',
  'ip link delete sbmtestvpn; ip rule delete pref 2999',
].join('; ');

export default function setup(): Promise<() => Promise<void>> {
  return guard([small.state], ADDED);
}
