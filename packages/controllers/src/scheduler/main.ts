import { readFileSync } from 'node:fs';
import { callHttp } from '@sbmcrm/http';
import { EtcdClient } from '@sbmcrm/http/etcd';
import { timesOf } from '@sbmcrm/spec/times';
import { type Answer, Scheduler } from './scheduler.ts';

/**
 * Has the tasks of the spec's schedule run at their times, beside a member of etcd:
 *
 *   main.ts SETTING
 */
const [settingFile = ''] = process.argv.slice(2);
if (!settingFile) throw new Error('usage: main.ts SETTING');

interface Setting {
  name: string;
  etcd: { url: string; ca: string; cert: string; key: string };
  keys: { leader: string; known: string };
  /** The cloud's interface, with a token that may have tasks run. */
  cloud: { url: string; token: string };
  /** When each is due, in cron's form. */
  tasks: { name: string; at: string; timezone: string }[];
}
const { name, etcd, keys, cloud, tasks } = JSON.parse(readFileSync(settingFile, 'utf8')) as Setting;

/** Cron's times are minutes. */
const LOOK_MS = 5000;
/** Within it a member with a quorum answers. */
const ETCD_MS = 2000;
const CLOUD_MS = 10_000;

const scheduler = new Scheduler({
  name,
  keys,
  tasks: tasks.map((each) => ({
    name: each.name,
    when: `${each.at} ${each.timezone}`,
    times: timesOf(each.at, each.timezone),
  })),
  store: new EtcdClient([{ name, url: etcd.url }], etcd, ETCD_MS),
  run: async (task, dueMs): Promise<Answer> => {
    const { status, text } = await callHttp(`${cloud.url}/v1/tasks/${task}`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${cloud.token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ due: new Date(dueMs).toISOString() }),
      signal: AbortSignal.timeout(CLOUD_MS),
    });
    if (status === 200) return { did: 'begun' };
    const because = messageIn(text) ?? `the cloud says ${status}`;
    // It is not of the schedule any more: this one will hear of that, too.
    return { did: status === 404 ? 'never' : 'later', because };
  },
  now: Date.now,
  log: (text) => console.log(text),
});

function messageIn(text: string): string | undefined {
  try {
    return (JSON.parse(text) as { error?: { message?: string } }).error?.message;
  } catch {
    return undefined;
  }
}

for (;;) {
  await scheduler.look();
  await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
}
