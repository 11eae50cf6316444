import type { HostDefinition, HostSize } from '@sbmcrm/cloud';
import { CODE_DIR, CONFIG_DIR, DATA_DIR } from '@sbmcrm/cloud/layout';
import type { NetworkPlan } from '@sbmcrm/topology';
import { BRIDGES, hardwareAddress, linkNames, switchName } from '../../network.ts';
import type { HostPaths } from '../../state.ts';
import { type DiskKind, mountCommands } from '../disk.ts';
import { ID_MAPPINGS } from '../limits/ids.ts';
import { type SeccompProfile, seccompConfig } from '../limits/seccomp.ts';

/** Enough to prepare folders for services and run them as their own users; all in the host's user namespace alone. */
const CAPABILITIES = ['CAP_CHOWN', 'CAP_DAC_OVERRIDE', 'CAP_FOWNER', 'CAP_KILL', 'CAP_SETGID', 'CAP_SETUID'];
/** Floating addresses, and the VRRP packets about them. */
const NETWORK_CAPABILITIES = ['CAP_NET_ADMIN', 'CAP_NET_RAW'];

export interface HostSetting {
  plan: NetworkPlan;
  paths: HostPaths;
  imageRoot: string;
  /** The project's folder on the machine. */
  codeRoot: string;
  /** Folder of the OCI bundle. */
  bundle: string;
  disk: DiskKind;
  /** The image's profile of allowed system calls. */
  seccomp: SeccompProfile;
  /** Folders of programs that are not on the usual path. */
  programs: readonly string[];
  /** Whether this kernel's control groups count swap. */
  limitsSwap: boolean;
  /** Whether this kernel speaks IPv6. */
  ipv6: boolean;
  /** Whether this kernel can be told how soon a lost frame is sent again (Linux 6.11). */
  hasRtoMin: boolean;
}

/** Where a host looks for programs first: Debian's usual folders. */
const PROGRAMS = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

/** When the whole machine runs out of memory, hosts go before any program of the user's (0). */
const OOM_SCORE_ADJ = 500;

/** Control groups' weight of one processor, version 1's default; runc translates it for version 2. */
const SHARES_PER_CPU = 1024;

/** An urgent host's share counts so many times. */
const URGENT = 8;

export function cpuShares({ cpus, urgent }: HostSize): number {
  return Math.max(2, Math.round(cpus * SHARES_PER_CPU * (urgent ? URGENT : 1)));
}

/** @param limitsSwap the kernel counts swap: then there is none beyond the memory */
export function memoryLimit({ memory }: HostSize, limitsSwap: boolean): { limit: number; swap?: number } {
  return { limit: memory, ...(limitsSwap ? { swap: memory } : {}) };
}

/** A disk that was not unmounted first takes over its journal, which takes long on a busy machine. */
const HOOK_TIMEOUT_S = 30;

/** Parts of the project that a host with `code` sees: never the state folder, which may lie beside them. */
export const CODE_FOLDERS = ['apps', 'packages', 'node_modules'];
const CODE_PARTS = [...CODE_FOLDERS, 'package.json'];

/** The OCI runtime configuration of a host: pure. */
export function ociConfig(definition: HostDefinition, setting: HostSetting): unknown {
  const { plan, paths } = setting;
  const hook = (script: string) => ({
    path: '/bin/sh',
    args: ['sh', `${setting.bundle}/${script}`],
    timeout: HOOK_TIMEOUT_S,
  });
  const capabilities = [...CAPABILITIES, ...(definition.networkAdmin ? NETWORK_CAPABILITIES : [])];
  const bind = (source: string, destination: string, ...options: string[]) => ({
    source,
    destination,
    type: 'bind',
    options: ['bind', 'nosuid', 'nodev', ...options],
  });
  const tmpfs = (destination: string, ...options: string[]) => ({
    source: 'tmpfs',
    destination,
    type: 'tmpfs',
    options: ['nosuid', 'nodev', ...options],
  });
  return {
    ociVersion: '1.0.2',
    hostname: definition.name,
    root: { path: setting.imageRoot, readonly: true },
    process: {
      terminal: false,
      user: { uid: 0, gid: 0 },
      cwd: '/',
      args: ['/bin/sh', `${CONFIG_DIR}/init`],
      env: [`PATH=${[...PROGRAMS, ...setting.programs].join(':')}`, 'LANG=C.UTF-8'],
      capabilities: { bounding: capabilities, effective: capabilities, permitted: capabilities },
      rlimits: [{ type: 'RLIMIT_NOFILE', soft: 16384, hard: 16384 }],
      noNewPrivileges: true,
      oomScoreAdj: OOM_SCORE_ADJ,
    },
    mounts: [
      { source: 'proc', destination: '/proc', type: 'proc' },
      {
        source: 'tmpfs',
        destination: '/dev',
        type: 'tmpfs',
        options: ['nosuid', 'strictatime', 'mode=755', 'size=64k'],
      },
      {
        source: 'devpts',
        destination: '/dev/pts',
        type: 'devpts',
        options: ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620'],
      },
      tmpfs('/dev/shm', 'noexec', 'mode=1777', 'size=256m'),
      { source: 'sysfs', destination: '/sys', type: 'sysfs', options: ['nosuid', 'noexec', 'nodev', 'ro'] },
      tmpfs('/run', 'mode=755', 'size=64m'),
      tmpfs('/tmp', 'mode=1777', 'size=64m'),
      ...(setting.disk === 'folder' ? [bind(paths.data, DATA_DIR, 'rw')] : []), // an image is the hook's to mount
      bind(paths.log, '/var/log/sbmcrm', 'rw', 'noexec'),
      bind(paths.config, CONFIG_DIR, 'ro'),
      bind(`${paths.config}/hosts`, '/etc/hosts', 'ro'),
      bind(`${paths.config}/hostname`, '/etc/hostname', 'ro'),
      ...(definition.code
        ? [
            tmpfs(CODE_DIR, 'mode=755', 'size=64k'),
            ...CODE_PARTS.map((part) => bind(`${setting.codeRoot}/${part}`, `${CODE_DIR}/${part}`, 'ro')),
          ]
        : []),
    ],
    hooks: {
      // In the new network namespace's life the links come with the host and vanish with it: a host that dies, in
      // whatever way, falls silent. An address left behind would still answer RST.
      createRuntime: [...(setting.disk === 'image' ? [hook('disk.sh')] : []), hook('connect.sh')],
    },
    linux: {
      cgroupsPath: cgroupPath(plan, definition.name),
      namespaces: ['pid', 'ipc', 'uts', 'mount', 'network', 'user'].map((type) => ({ type })),
      uidMappings: ID_MAPPINGS,
      gidMappings: ID_MAPPINGS,
      seccomp: seccompConfig(setting.seccomp, capabilities, process.arch),
      resources: {
        pids: { limit: 2048 },
        devices: [{ allow: false, access: 'rwm' }],
        memory: memoryLimit(definition.size, setting.limitsSwap),
        cpu: { shares: cpuShares(definition.size) },
      },
      sysctl: {
        // A load balancer binds floating addresses that are elsewhere at the moment.
        'net.ipv4.ip_nonlocal_bind': '1',
        // Services run unprivileged, also on port 80. Nothing speaks IPv6.
        ...(setting.ipv6 ? { 'net.ipv6.conf.all.disable_ipv6': '1' } : {}),
        'net.ipv4.ip_unprivileged_port_start': '0',
        // Give up on a vanished peer after about 13 s of unanswered data (default 15 minutes) …
        'net.ipv4.tcp_retries2': '5',
        // … and on one that does not answer the first packet after about 3 s (default 130 s).
        'net.ipv4.tcp_syn_retries': '1',
        // A lost frame is sent again after 50 ms and not after 200: zones are a few milliseconds apart. Not less, since a peer may
        // keep its acknowledgement back for 40 ms. In sync mode every commit waits for the frame.
        ...(setting.hasRtoMin ? { 'net.ipv4.tcp_rto_min_us': '50000' } : {}),
        'net.ipv4.tcp_keepalive_time': '5',
        'net.ipv4.tcp_keepalive_intvl': '1',
        'net.ipv4.tcp_keepalive_probes': '3',
      },
      // What container engines hide or keep read-only by default; /proc/sys after the settings above were made.
      maskedPaths: [
        ...['/proc/acpi', '/proc/asound', '/proc/kcore', '/proc/keys', '/proc/latency_stats', '/proc/sched_debug'],
        ...['/proc/scsi', '/proc/timer_list', '/proc/timer_stats', '/sys/devices/virtual/powercap', '/sys/firmware'],
      ],
      readonlyPaths: ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'],
    },
  };
}

/** Path of a host's control group below each hierarchy's root. */
export function cgroupPath(plan: NetworkPlan, host: string): string {
  return `/sbmcrm/${plan.id}/${host}`;
}

/** Hooks are run by runc as root on the machine with the container's state on standard input. */
const HOOK_HEADER = [
  '#!/bin/sh',
  'set -eu',
  'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  `pid=$(sed 's/.*"pid":\\([0-9]*\\).*/\\1/')`,
];

/** The hook that mounts a host's disk where the host will see /data, in the host's mount namespace alone. */
export function diskScript(image: string, imageRoot: string): string {
  return [
    ...HOOK_HEADER,
    "nsenter --mount=/proc/$pid/ns/mnt /bin/sh -eu <<'END'",
    ...mountCommands(image, `${imageRoot}/data`),
    'END',
    '',
  ].join('\n');
}

/** The hook that connects a host. eth0 is the data network, mgmt0 the management network. */
export function connectScript(definition: HostDefinition, plan: NetworkPlan): string {
  const names = linkNames(plan, definition.address);
  const inSwitch = `ip -netns ${switchName(plan)}`;
  const connect = (kind: 'data' | 'management', device: string, address: string) => [
    `${inSwitch} link delete ${names[kind]} 2>/dev/null || :`,
    `${inSwitch} link add ${names[kind]} type veth peer name ${device} address ${hardwareAddress(address, kind)} netns "$pid"`,
    `${inSwitch} link set ${names[kind]} master ${BRIDGES[kind]} up`,
    `nsenter --net=/proc/$pid/ns/net ip -batch - <<END`,
    `address add ${address}/${plan[kind].prefixLength} dev ${device}`,
    `link set ${device} up`,
    'END',
  ];
  return [
    ...HOOK_HEADER,
    'nsenter --net=/proc/$pid/ns/net ip link set lo up',
    ...connect('data', 'eth0', definition.address),
    ...connect('management', 'mgmt0', definition.managementAddress),
    '',
  ].join('\n');
}

/**
 * The host's first process: runit, which restarts whatever ends, below tini, which buries the dead at once. runsvdir as
 * first process would do so every five seconds only, and Patroni waits until an ended PostgreSQL is gone.
 */
export function initScript(): string {
  return [
    '#!/bin/sh',
    'set -eu',
    'mkdir -p /run/service',
    `cp -r ${CONFIG_DIR}/service/. /run/service/`,
    'exec tini -- runsvdir -P /run/service',
    '',
  ].join('\n');
}

/**
 * Log of a service: time-stamped lines, at most six files of 2 MB. All of it is made inside the host: the machine writes nothing
 * where a host could have put a link.
 */
export function logRunScript(service: string): string {
  const folder = `/var/log/sbmcrm/${service}`;
  return `#!/bin/sh\nset -eu\nmkdir -p ${folder}\nprintf 's2000000\\nn5\\n' > ${folder}/config\nexec svlogd -tt ${folder}\n`;
}
