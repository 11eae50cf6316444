import { readFileSync } from 'node:fs';
import { CloudClient } from '@sbmcrm/cloud/client';
import { EtcdClient } from '@sbmcrm/http/etcd';
import type { Bounds } from '@sbmcrm/spec/capacity';
import { timesOf } from '@sbmcrm/spec/times';
import type { Policy } from './policy.ts';
import { Scaling } from './scaling.ts';

/**
 * Keeps as many instances as the spec, the load and the operator want, beside a member of etcd:
 *
 *   main.ts SETTING
 */
const [settingFile = ''] = process.argv.slice(2);
if (!settingFile) throw new Error('usage: main.ts SETTING');

interface Setting {
  name: string;
  etcd: { url: string; ca: string; cert: string; key: string };
  keys: { leader: string; capacity: string; memory: string };
  /** The cloud's interface, with a token that may launch and terminate. */
  cloud: { url: string; token: string };
  policy: Policy;
  spec: Bounds;
  /** When another number is wanted, in cron's form. */
  schedule: (Partial<Bounds> & { at: string; timezone: string })[];
}
const { name, etcd, keys, cloud, policy, spec, schedule } = JSON.parse(readFileSync(settingFile, 'utf8')) as Setting;

/** A dead host is to be replaced within seconds. */
const LOOK_MS = 2000;
/** Within it a member with a quorum answers. */
const ETCD_MS = 2000;

const { fleet } = new CloudClient({ base: cloud.url, tokens: { scale: cloud.token }, kinds: {} });
const scaling = new Scaling({
  name,
  policy,
  spec,
  schedule: {
    of: JSON.stringify(schedule),
    entries: schedule.map(({ at, timezone, ...bounds }) => ({ ...bounds, times: timesOf(at, timezone) })),
  },
  keys,
  store: new EtcdClient([{ name, url: etcd.url }], etcd, ETCD_MS),
  fleet,
  now: Date.now,
  log: (text) => console.log(text),
});

for (;;) {
  await scaling.look();
  await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
}
