import { describe, expect, it } from 'vitest';
import { type SeccompProfile, seccompConfig } from './seccomp.ts';

const ALLOW = 'SCMP_ACT_ALLOW';
const profile: SeccompProfile = {
  defaultAction: 'SCMP_ACT_ERRNO',
  defaultErrnoRet: 38,
  archMap: [{ architecture: 'SCMP_ARCH_X86_64', subArchitectures: ['SCMP_ARCH_X86'] }],
  syscalls: [
    { names: ['read', 'clone', 'clone3', 'mount', 'unshare'], action: ALLOW, args: [] },
    { names: ['arch_prctl'], action: ALLOW, includes: { arches: ['amd64'] } },
    { names: ['sync_file_range2'], action: ALLOW, includes: { arches: ['arm64'] } },
    { names: ['chroot'], action: ALLOW, includes: { caps: ['CAP_SYS_CHROOT'] } },
    { names: ['chroot'], action: 'SCMP_ACT_ERRNO', errnoRet: 1, excludes: { caps: ['CAP_SYS_CHROOT'] } },
  ],
};

interface Rule {
  names: string[];
  action: string;
  errnoRet?: number;
  args?: unknown[];
}
const config = (arch = 'x64', capabilities: string[] = []) =>
  seccompConfig(profile, capabilities, arch) as { architectures: string[]; syscalls: Rule[] };
const rulesOf = (name: string, ...given: Parameters<typeof config>) =>
  config(...given).syscalls.filter((rule) => rule.names.includes(name));

describe('the profile of system calls', () => {
  it('is that of container engines for this processor and these capabilities', () => {
    expect(config().architectures).toEqual(['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86']);
    expect(rulesOf('read')).toEqual([{ names: ['read'], action: ALLOW }]);
    expect(rulesOf('arch_prctl')).toHaveLength(1);
    expect(rulesOf('arch_prctl', 'arm64')).toHaveLength(0);
    expect(rulesOf('sync_file_range2', 'arm64')).toHaveLength(1);
    expect(rulesOf('chroot')).toMatchObject([{ action: 'SCMP_ACT_ERRNO', errnoRet: 1 }]);
    expect(rulesOf('chroot', 'x64', ['CAP_SYS_CHROOT'])).toMatchObject([{ action: ALLOW }]);
  });

  it('refuses what no service uses, whatever the profile says', () => {
    for (const name of ['mount', 'unshare', 'io_uring_setup']) {
      expect(rulesOf(name).map((rule) => rule.action)).toEqual(['SCMP_ACT_ERRNO']);
    }
  });

  it('lets processes start threads and processes, but no namespaces', () => {
    expect(rulesOf('clone')).toMatchObject([{ action: ALLOW, args: [{ op: 'SCMP_CMP_MASKED_EQ', valueTwo: 0 }] }]);
    expect(rulesOf('clone3')).toMatchObject([{ action: 'SCMP_ACT_ERRNO', errnoRet: 38 }]);
  });

  it('is not made for a processor that the image is not built for', () => {
    expect(() => config('riscv64')).toThrow(/riscv64/);
  });
});
