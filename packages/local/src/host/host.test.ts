import type { HostDefinition } from '@sbmcrm/cloud';
import { planNetwork } from '@sbmcrm/topology';
import { describe, expect, it } from 'vitest';
import { HostPaths } from '../state.ts';
import { parseLocalAddresses } from './addresses.ts';
import type { DiskKind } from './disk.ts';
import { connectScript, diskScript, ociConfig } from './oci/oci.ts';
import { hasEnded, parseSupervision } from './services.ts';

const plan = planNetwork('10.77.0.0/16');
const definition: HostDefinition = {
  name: 'lb-a',
  region: 'primary',
  zone: 'a',
  address: '10.77.1.10',
  managementAddress: '10.77.129.10',
  services: [],
  hosts: '',
  networkAdmin: false,
  code: false,
  size: { cpus: 2, memory: 1024 ** 3, disk: 1024 ** 3 },
};

interface Oci {
  root: { readonly: boolean };
  process: { capabilities: { bounding: string[] }; noNewPrivileges: boolean };
  mounts: { source: string; destination: string; options?: string[] }[];
  hooks: { createRuntime: { args: string[] }[] };
  linux: { cgroupsPath: string; sysctl: Record<string, string> };
}

function oci(change: Partial<HostDefinition> = {}, disk: DiskKind = 'image', hasRtoMin = true): Oci {
  const setting = {
    plan,
    paths: new HostPaths('/state/hosts/lb-a'),
    imageRoot: '/image',
    codeRoot: '/project',
    bundle: '/run/b',
    disk,
    programs: ['/usr/lib/engine/bin'],
    seccomp: { defaultAction: 'SCMP_ACT_ERRNO', syscalls: [] },
    limitsSwap: true,
    ipv6: true,
    hasRtoMin,
  };
  return ociConfig({ ...definition, ...change }, setting) as Oci;
}

describe('ociConfig', () => {
  it('gives a host no power over the machine, and over its network only where it needs it', () => {
    const plain = oci();
    expect(plain.root.readonly).toBe(true);
    expect(plain.process.noNewPrivileges).toBe(true);
    for (const capability of ['CAP_SYS_ADMIN', 'CAP_NET_ADMIN', 'CAP_NET_RAW', 'CAP_SYS_RESOURCE']) {
      expect(plain.process.capabilities.bounding).not.toContain(capability);
    }
    expect(oci({ networkAdmin: true }).process.capabilities.bounding).toContain('CAP_NET_ADMIN');
  });

  it('sends a lost frame again soon, where the kernel can be told so', () => {
    const key = 'net.ipv4.tcp_rto_min_us';
    expect(oci().linux.sysctl[key]).toBe('50000');
    expect(oci({}, 'image', false).linux.sysctl).not.toHaveProperty([key]);
  });

  it('shows the code read-only to those that run it, and never the state beside it', () => {
    expect(oci().mounts.some((mount) => mount.source.startsWith('/project'))).toBe(false);
    const mounts = oci({ code: true }).mounts.filter((mount) => mount.source.startsWith('/project'));
    expect(mounts.map((mount) => mount.source)).toEqual([
      '/project/apps',
      '/project/packages',
      '/project/node_modules',
      '/project/package.json',
    ]);
    for (const mount of mounts) expect(mount.options).toContain('ro');
  });
});

describe('the disk', () => {
  const hooks = (config: Oci) => config.hooks.createRuntime.map((hook) => hook.args.at(-1));
  const mounted = (config: Oci) => config.mounts.some((mount) => mount.destination === '/data');
  it('is an image that a hook mounts before the network comes, or a folder', () => {
    expect(hooks(oci())).toEqual(['/run/b/disk.sh', '/run/b/connect.sh']);
    expect(mounted(oci())).toBe(false);
    expect(hooks(oci({}, 'folder'))).toEqual(['/run/b/connect.sh']);
    expect(mounted(oci({}, 'folder'))).toBe(true);
  });
  it('is mounted for the host alone', () => {
    const script = diskScript('/state/disk.ext4', '/image');
    expect(script).toContain('nsenter --mount=/proc/$pid/ns/mnt /bin/sh');
    expect(script).toContain("'/image/data'");
  });
});

describe('connectScript', () => {
  it('connects the host to both networks with fixed hardware addresses', () => {
    const script = connectScript(definition, plan);
    expect(script).toContain(
      'ip -netns sbm0a4d link add sbm0a4d-010a type veth peer name eth0 address 02:00:0a:4d:01:0a netns "$pid"',
    );
    expect(script).toContain('address add 10.77.1.10/17 dev eth0');
    expect(script).toContain('address add 10.77.129.10/17 dev mgmt0');
  });
});

describe('parseSupervision', () => {
  const status = (pid: number, state: number) => {
    const bytes = new Uint8Array(20);
    new DataView(bytes.buffer).setUint32(12, pid, true);
    bytes[19] = state;
    return bytes;
  };
  it('reads what runit wrote', () => {
    expect(parseSupervision(status(4242, 1))).toEqual({ state: 'up', pid: 4242 });
    expect(parseSupervision(status(0, 0))).toEqual({ state: 'down', pid: null });
    expect(parseSupervision(status(4242, 2))).toEqual({ state: 'down', pid: null }); // its finish script runs
    expect(parseSupervision(new Uint8Array(3))).toEqual({ state: 'down', pid: null });
  });
});

describe('parseLocalAddresses', () => {
  it('lists local addresses without loopback', () => {
    const text = [
      'Local:',
      '  +-- 0.0.0.0/0 3 0 5',
      '     |-- 10.77.0.0',
      '        /17 link UNICAST',
      '     |-- 10.77.0.10',
      '        /32 host LOCAL',
      '     |-- 10.77.1.10',
      '        /32 host LOCAL',
      '     |-- 10.77.127.255',
      '        /32 link BROADCAST',
      '     |-- 127.0.0.1',
      '        /32 host LOCAL',
    ].join('\n');
    expect(parseLocalAddresses(text)).toEqual(['10.77.0.10', '10.77.1.10']);
  });
});

describe('hasEnded', () => {
  const states = (patroni: 'up' | 'down', postgres: 'up' | 'down') => [
    { name: 'patroni', state: patroni, pid: null },
    { name: 'postgres', state: postgres, pid: null, startedBy: 'patroni' },
  ];
  it('waits for what a service started, and then no more for that service', () => {
    const before = states('up', 'up');
    expect(hasEnded(states('up', 'up'), before)).toBe(false);
    expect(hasEnded(states('up', 'down'), before)).toBe(true);
  });
  it('waits for a service that may still be busy with what did not run yet', () => {
    const before = states('up', 'down');
    expect(hasEnded(states('up', 'down'), before)).toBe(false);
    expect(hasEnded(states('down', 'down'), before)).toBe(true);
  });
});
