import { readFileSync } from 'node:fs';
import { EtcdClient } from '@sbmcrm/http/etcd';
import { Witness, type WitnessOptions } from './witness.ts';
import { type Keys, keysOf } from './words.ts';

/**
 * A witness of who has the floating addresses, beside a member of etcd:
 *
 *   witness-main.ts SETTING
 */
const [settingFile = ''] = process.argv.slice(2);
if (!settingFile) throw new Error('usage: witness-main.ts SETTING');

type Setting = Omit<WitnessOptions, 'store' | 'log'> & {
  etcd: { url: string; ca: string; cert: string; key: string };
} & Keys;
const { etcd, ...setting } = JSON.parse(readFileSync(settingFile, 'utf8')) as Setting;

const LOOK_MS = 500;
/** Within it a member with a quorum answers. */
const ANSWER_MS = 1000;

let wasSaid = '';
const witness = new Witness({
  ...setting,
  secrets: keysOf(setting),
  store: new EtcdClient([{ name: setting.name, url: etcd.url }], etcd, ANSWER_MS),
  // The same each half second would be no news.
  log: (text) => {
    if (text !== wasSaid) console.log(text);
    wasSaid = text;
  },
});
for (;;) {
  await witness.look();
  await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
}
