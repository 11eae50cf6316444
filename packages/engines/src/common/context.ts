import type { Spec } from '@sbmcrm/spec';
import type { Host, ServiceName, Topology } from '@sbmcrm/topology';

/** Generated once per platform and kept 0600; every engine's configuration draws from it. */
export interface Secrets {
  adminEmail: string;
  adminPassword: string;
  /** PostgreSQL `postgres`, `replicator`, `rewind` and `sbmcrm`. */
  postgresSuperuser: string;
  postgresReplication: string;
  postgresRewind: string;
  postgresApplication: string;
  /** Basic authentication for the unsafe calls of Patroni's REST API. */
  patroniApi: string;
  /** Of who reads statistics, and nothing else; files of earlier versions have none. */
  postgresMonitor?: string;
  /** Who tells Alertmanager something, and who asks it; files of earlier versions have none. */
  alertmanager?: string;
  /** Lets Alertmanager send what leaves the platform. */
  relay?: string;
  /** Texts that the spec names a file for, by its path there. */
  files?: Readonly<Record<string, string>>;
  redis: string;
  sentinel: string;
  /** What load balancers and the witnesses of who has the floating addresses say is signed with it. */
  holder: string;
  /** PEM texts of the platform's own certificate authority: etcd's servers and clients know each other by it. */
  tls: {
    ca: string;
    serverCert: string;
    serverKey: string;
    clientCert: string;
    clientKey: string;
    /** Of the pair of Alertmanagers, and its own authority; files of earlier versions have none. */
    peerCert?: string;
    peerKey?: string;
  };
  /** What is accepted beside them while they are rotated: the next ones first, then the ones before. */
  also?: Partial<Omit<Secrets, 'also'>>;
}

/** Everything a configuration is a function of. */
export interface RenderContext {
  spec: Spec;
  topology: Topology;
  host: Host;
  secrets: Secrets;
  /** May look at the cloud's interface, and do nothing there; empty before there is one. */
  watchToken?: string;
  /** May have the tasks of the spec's schedule run there; empty before there is one. */
  scheduleToken?: string;
  /** May have instances come and go there; empty before there is one. */
  scaleToken?: string;
  /** Where the figures of each service are, see {@link Scrape}. */
  scrapes?: readonly Scrape[];
}

/** Where a service of a host says its figures. */
export interface Scrape {
  service: ServiceName;
  /** Asked of hosts that run this one. */
  of: ServiceName;
  /** On the host; what is asked without a password is on the management network. */
  network: 'data' | 'management';
  port: number;
  path: string;
  /** Asked more often: alerts that wake somebody up are made of it. */
  urgent?: true;
  /** Asked less often: each look is a session of its own, with all that a log-in costs. */
  seldom?: true;
  /** It does not speak Prometheus' language: who asks it instead, beside Prometheus. */
  by?: { port: number; path: string; target: (address: string) => string };
  params?: Readonly<Record<string, readonly string[]>>;
  /** It wants to know who asks. */
  login?: { user: string; passwordFile: string };
}

/** A file below `/etc/sbmcrm` on a host. */
export interface ConfigFile {
  /** Relative to `/etc/sbmcrm`. */
  path: string;
  content: string;
  /** A user of the image: `root`, or one that an engine's packages make. */
  owner: string;
  mode: number;
}

/** One supervised process: its run script (executed by runit as root, drops privileges itself) and its files. */
export interface ServiceBundle {
  name: ServiceName;
  run: string;
  /** A script for what is left to do whenever the process has ended, however it did. */
  finish?: string;
  /** The signal on which it takes over changed files; without one it is restarted. */
  reload?: 'HUP' | 'USR2';
  /** What of the files it takes over while it runs, and a script that tells it. */
  live?: { files: string[]; script: string };
  files: ConfigFile[];
  child?: ChildProcess;
}

/** A process that a service starts and restarts by itself: it is shown, and broken on purpose, as a service of its own. */
export interface ChildProcess {
  name: string;
  /** Below {@link DATA_DIR}; its first line is the process's number inside the host. */
  pidFile: string;
  /** What the kernel calls it: the file survives a kill, and its number may be another process by then. */
  command: string;
}

export { CODE_DIR, CONFIG_DIR, DATA_DIR } from '@sbmcrm/cloud/layout';

/** A run script for runit. Errors join the log, and unset variables end it. */
export function runScript(...lines: string[]): string {
  return `#!/bin/sh\nexec 2>&1\nset -eu\n${lines.join('\n')}\n`;
}

/**
 * Lines of a script that end a service and leave it down. Its supervisor pauses between the starts of one that fails again and again, and
 * hears nothing then; a start that is asked for meanwhile would be taken for one that is wanted already, and forgotten.
 *
 * @param withinS how long it may take to end in good order, in seconds, before it is killed
 */
export function endService(service: string, withinS: number): string[] {
  const folder = `/run/service/${service}`;
  return [
    `sv -w ${withinS} force-stop ${folder} > /tmp/sv.out || :`,
    `while sv status ${folder} | grep -q 'want up'; do sleep 0.1; done`,
  ];
}
