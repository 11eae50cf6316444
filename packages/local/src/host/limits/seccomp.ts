/** One rule of a profile as container engines write it. */
interface ProfileRule {
  names: string[];
  action: string;
  errnoRet?: number;
  args?: unknown[] | null;
  includes?: Condition;
  excludes?: Condition;
}

interface Condition {
  caps?: string[];
  arches?: string[];
}

/** The default profile of container engines (`/usr/share/containers/seccomp.json`). */
export interface SeccompProfile {
  defaultAction: string;
  defaultErrnoRet?: number;
  archMap?: { architecture: string; subArchitectures: string[] }[];
  syscalls: ProfileRule[];
}

/**
 * Calls that the default profile allows, that no service of ours makes, and that have opened a way out of containers before:
 * mounts, other namespaces, the kernel's key rings, io_uring, page faults handled in user space.
 */
const REFUSED = [
  ...['mount', 'mount_setattr', 'umount', 'umount2', 'pivot_root', 'open_tree', 'move_mount', 'fsopen', 'fsmount'],
  ...['fsconfig', 'fspick', 'unshare', 'setns', 'keyctl', 'add_key', 'request_key', 'userfaultfd', 'reboot'],
  ...['io_uring_setup', 'io_uring_enter', 'io_uring_register', 'name_to_handle_at', 'sethostname', 'setdomainname'],
];

/** CLONE_NEWNS, -CGROUP, -UTS, -IPC, -USER, -PID and -NET. */
const NAMESPACE_FLAGS = 0x7e020000;
const EPERM = 1;
const ENOSYS = 38;

const ARCHES: Record<string, { profile: string; oci: string }> = {
  x64: { profile: 'amd64', oci: 'SCMP_ARCH_X86_64' },
  arm64: { profile: 'arm64', oci: 'SCMP_ARCH_AARCH64' },
};

/**
 * `linux.seccomp` of a host: the default profile of container engines without what no service uses. Pure.
 *
 * @param capabilities the host's
 * @param arch as `process.arch` says it
 * @throws Error for another processor than the image is built for
 */
export function seccompConfig(profile: SeccompProfile, capabilities: readonly string[], arch: string): unknown {
  const own = ARCHES[arch];
  if (!own) throw new Error(`no seccomp profile for processors of kind ${arch}`);
  const holds = ({ caps, arches }: Condition = {}) =>
    (caps === undefined || caps.every((each) => capabilities.includes(each))) &&
    (arches === undefined || arches.includes(own.profile));
  const excluded = ({ caps = [], arches = [] }: Condition = {}) =>
    caps.some((each) => capabilities.includes(each)) || arches.includes(own.profile);
  const taken = [...REFUSED, 'clone', 'clone3'];
  const rules = profile.syscalls
    .filter((rule) => holds(rule.includes) && !excluded(rule.excludes))
    .map(({ names, action, errnoRet, args }) => ({
      names: names.filter((name) => !taken.includes(name)),
      action,
      ...(errnoRet === undefined ? {} : { errnoRet }),
      ...(args && args.length > 0 ? { args } : {}),
    }))
    .filter((rule) => rule.names.length > 0);
  return {
    defaultAction: profile.defaultAction,
    defaultErrnoRet: profile.defaultErrnoRet ?? EPERM,
    architectures: [
      own.oci,
      ...(profile.archMap?.find((each) => each.architecture === own.oci)?.subArchitectures ?? []),
    ],
    syscalls: [
      ...rules,
      { names: REFUSED, action: 'SCMP_ACT_ERRNO', errnoRet: EPERM },
      // Processes and threads, but no namespaces. The flags of clone3 are in memory, where no rule looks: libraries fall back.
      {
        names: ['clone'],
        action: 'SCMP_ACT_ALLOW',
        args: [{ index: 0, value: NAMESPACE_FLAGS, valueTwo: 0, op: 'SCMP_CMP_MASKED_EQ' }],
      },
      { names: ['clone3'], action: 'SCMP_ACT_ERRNO', errnoRet: ENOSYS },
    ],
  };
}
