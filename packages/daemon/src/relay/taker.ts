import { appendEvent, readEvents } from '@sbmcrm/local/events';
import type { StatePaths } from '@sbmcrm/local/state';
import { Hook } from './hook.ts';
import type { RelaySetting } from './setting.ts';
import type { ToldAlert } from './told.ts';

/** Alerts of which it is known what was told last. */
const MOST_KNOWN = 2000;

/** Keeps alerts in the log of events, and gives them to the hook: each beginning and each end once. */
export class Taker {
  readonly #paths: Pick<StatePaths, 'events' | 'platform'>;
  readonly #setting: () => RelaySetting;
  readonly #hook = new Hook();
  /** By alert, what was told of it last. */
  readonly #known: Map<string, string>;
  /** What the hook failed with, by alert: a failure that goes on is one event. */
  readonly #failed = new Map<string, string>();

  constructor(paths: Pick<StatePaths, 'events' | 'platform'>, setting: () => RelaySetting) {
    this.#paths = paths;
    this.#setting = setting;
    const keys = readEvents(paths).flatMap(({ key }) => key ?? []);
    this.#known = new Map(keys.slice(-MOST_KNOWN).map((key) => [key.split(' ')[0] ?? '', key]));
  }

  /** @throws Error where it cannot be kept: it is told again then */
  keep(alerts: readonly ToldAlert[]): number {
    for (const { id, key, name, state, severity, host, zone, text } of alerts) {
      if (this.#known.get(id) === key) continue;
      appendEvent(this.#paths, {
        ...{ kind: 'alert', name, state, key, by: 'monitoring' },
        text: state === 'firing' ? text : `${name} is over`,
        ...(severity ? { severity } : {}),
        ...(host ? { host } : {}),
        ...(zone ? { zone } : {}),
      });
      remember(this.#known, id, key);
    }
    return 200;
  }

  /** @returns 503 where it failed for one of them: Alertmanager tells it again */
  async runHook(alerts: readonly ToldAlert[]): Promise<number> {
    const { hook } = this.#setting();
    if (hook.length === 0) return 200;
    let status = 200;
    for (const alert of alerts) {
      try {
        await this.#hook.run(hook, alert);
        this.#failed.delete(alert.id);
      } catch (error) {
        status = 503;
        const text = `${(error as Error).message} (for ${alert.name}, ${alert.state})`;
        if (this.#failed.get(alert.id) === text) continue;
        remember(this.#failed, alert.id, text);
        appendEvent(this.#paths, { kind: 'hook', state: 'failed', by: 'alerts.hook', text });
      }
    }
    return status;
  }
}

function remember(known: Map<string, string>, id: string, text: string): void {
  known.delete(id);
  known.set(id, text);
  const [oldest] = known.keys();
  if (known.size > MOST_KNOWN && oldest !== undefined) known.delete(oldest);
}
