import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { probeHttp } from '@sbmcrm/http';
import { type LeadSetting, leadText, mayLead } from './lead.ts';
import { decideEnd, isOver, ledLast, type MaintenanceSetting } from './maintenance.ts';

const ANSWER_MS = 3000;
/** To recover from a crash takes a while; it goes on when nobody waits any more. */
const START_MS = 15_000;

/** How the agent of this host is asked. */
export interface AgentSetting {
  host: string;
  url: string;
  user: string;
  password: string;
}

export interface HoldSetting extends AgentSetting {
  /** It made the cluster. */
  isFirst?: boolean;
  /** Missing in a setting of an earlier version. */
  maintenance?: MaintenanceSetting;
  lead?: LeadSetting;
}

/** What the agent says of its server. */
export interface Agent {
  isPrimary: boolean | undefined;
  role: string | undefined;
  isStopped: boolean;
  /** Nobody leads. */
  isUnlocked: boolean;
  /** There is maintenance: nobody takes over. */
  isPaused: boolean;
  /** It is tagged so that it is never promoted. */
  isBarred: boolean;
}

interface Self {
  role?: string;
  state?: string;
  pause?: boolean;
  cluster_unlocked?: boolean;
  tags?: { nofailover?: boolean };
}

export async function askAgent({ url }: Pick<AgentSetting, 'url'>): Promise<Agent> {
  const answer = await probeHttp(`${url}/patroni`, { timeoutMs: ANSWER_MS });
  const { role, state, pause = false, cluster_unlocked = false, tags } = (answer?.json ?? {}) as Self;
  return {
    isPrimary: role === undefined ? undefined : role === 'primary' || role === 'master',
    role,
    isStopped: state === 'stopped',
    isUnlocked: cluster_unlocked,
    isPaused: pause,
    isBarred: tags?.nofailover === true,
  };
}

/** Holds failovers back where the spec or an operator wants it: ends a maintenance that is over, and keeps the right to lead. */
export class Hold {
  readonly #setting: HoldSetting;
  readonly #promoted: string;
  readonly #say: (text: string) => void;
  #overSinceMs: number | undefined;

  /** @param promoted the file that is there once the server here was primary */
  constructor(setting: HoldSetting, promoted: string, say: (text: string) => void) {
    this.#setting = setting;
    this.#promoted = promoted;
    this.#say = say;
  }

  /** @returns whether nobody is to take over from a primary without being told */
  async round(agent: Agent): Promise<boolean> {
    const { maintenance, lead } = this.#setting;
    if (agent.isPaused && maintenance) await this.#endMaintenance(maintenance, agent);
    if (lead) await this.#keepLead(lead, agent);
    return agent.isPaused || lead?.isByHand === true;
  }

  /** Each database host does it: one of them may be what is worked on. */
  async #endMaintenance(maintenance: MaintenanceSetting, agent: Agent): Promise<void> {
    const config = await this.#get('config');
    if (!isOver(config, maintenance, Date.now())) {
      this.#overSinceMs = undefined;
      return;
    }
    this.#overSinceMs ??= performance.now();
    const { isUnlocked, isStopped } = agent;
    const decided = decideEnd({
      isUnlocked,
      isStopped,
      ledLast: await this.#ledLast(agent),
      isRecovering: isUnlocked && (await this.#isRecovering()),
      waitedMs: performance.now() - this.#overSinceMs,
    });
    if (decided === 'start') {
      const answer = await this.#call('POST', 'restart', {}, START_MS);
      this.#say(
        `the maintenance is over, and this server led last: ${answer?.text.trim() || 'Patroni did not answer'}`,
      );
    }
    if (decided !== 'end') return;
    const answer = await this.#call('PATCH', 'config', maintenance.end);
    const refused = answer?.status === 200 ? '' : `, and Patroni does not take it: ${answer?.status}`;
    this.#say(`the maintenance is over${refused}`);
  }

  /** Gives this host the right to lead, or takes it away, until Patroni has it so. */
  async #keepLead(lead: LeadSetting, agent: Agent): Promise<void> {
    // Not there: Patroni runs as an earlier version started it.
    if (!existsSync(lead.file)) return;
    const may = await this.#mayLead(lead, agent);
    if (may === undefined) return;
    const isWritten = readFileSync(lead.file, 'utf8') === leadText(may);
    if (isWritten && agent.isBarred === !may) return;
    if (!isWritten) {
      // Patroni must not read half of it.
      writeFileSync(`${lead.file}.new`, leadText(may));
      renameSync(`${lead.file}.new`, lead.file);
    }
    const answer = await this.#call('POST', 'reload', {});
    if (answer?.status === 202)
      this.#say(may ? 'this server may lead' : 'this server may not lead, unless it is told to');
  }

  async #mayLead({ isByHand, key }: LeadSetting, agent: Agent): Promise<boolean | undefined> {
    if (!isByHand) return agent.role === undefined ? undefined : true;
    const config = await this.#get('config');
    if (config === undefined) return undefined;
    const wanted = (config as Record<string, unknown>)[key];
    return mayLead(this.#setting.host, { role: agent.role, ledLast: await this.#ledLast(agent), wanted }, Date.now());
  }

  async #ledLast({ isPrimary, isUnlocked }: Agent): Promise<boolean> {
    const { host, isFirst = false } = this.#setting;
    const wasPrimary = isFirst || existsSync(this.#promoted);
    return ledLast(host, { history: await this.#get('history'), isPrimary, isUnlocked, wasPrimary });
  }

  /** Whether a server of the cluster is on its way up, by its own word. */
  async #isRecovering(): Promise<boolean> {
    const { members = [] } = ((await this.#get('cluster')) ?? {}) as { members?: { api_url?: string }[] };
    const states = await Promise.all(
      members.map(async ({ api_url: url }) => {
        const answer = url === undefined ? undefined : await probeHttp(url, { timeoutMs: ANSWER_MS });
        return (answer?.json as Self | undefined)?.state;
      }),
    );
    return states.some((state) => state === 'starting' || state === 'restarting');
  }

  async #get(path: string): Promise<unknown> {
    const answer = await probeHttp(`${this.#setting.url}/${path}`, { timeoutMs: ANSWER_MS });
    return answer?.status === 200 ? answer.json : undefined;
  }

  #call(method: string, path: string, body: object, timeoutMs = ANSWER_MS) {
    const { url, user, password } = this.#setting;
    return probeHttp(`${url}/${path}`, { method, body, user, password, timeoutMs });
  }
}
