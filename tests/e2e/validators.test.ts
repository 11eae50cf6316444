import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type RenderContext, renderHost } from '@sbmcrm/engines';
import { cachedImage, type Image, StatePaths } from '@sbmcrm/local';
import { readSecrets } from '@sbmcrm/platform';
import { parseSpec } from '@sbmcrm/spec';
import { planTopology } from '@sbmcrm/topology';
import { afterAll, describe, expect, it } from 'vitest';
import { shared } from './platform.ts';

/** Every engine's own validator, from the image, over what is rendered for several specs. */
const folder = mkdtempSync(join(tmpdir(), 'sbmcrm-validate-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const SPECS = {
  'the guide': '',
  sync: 'database: { replicationMode: sync }\n',
  'one load balancer, no stickiness': 'loadBalancer: { multiAz: false, sessionPersistence: { sticky: false } }\n',
  'no persistence': 'cache: { persistence: { aof: false } }\n',
};

function write(yaml: string): Map<string, string[]> {
  const spec = parseSpec(`platform: sbmcrm\n${yaml}`, 'test.yaml');
  const topology = planTopology(spec);
  const secrets = readSecrets(new StatePaths(shared.state));
  const files = new Map<string, string[]>();
  for (const host of topology.hosts) {
    const context: RenderContext = { spec, topology, host, secrets };
    for (const service of renderHost(context)) {
      for (const file of service.files) {
        const path = join(folder, host.name, file.path);
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(path, file.content, { mode: file.mode });
        files.set(service.name, [...new Set([...(files.get(service.name) ?? []), host.name])]);
      }
    }
  }
  return files;
}

/** Runs a command in the image with one host's files at /etc/sbmcrm, in a mount namespace that ends with it. */
function inImage(image: Image, host: string, ...command: string[]): string {
  const script =
    'mount --bind "$1" "$2/etc/sbmcrm" && mount -t tmpfs tmpfs "$2/run" && mount --bind /dev "$2/dev" && shift && root=$1 && shift && exec chroot "$root" "$@" 2>&1';
  return execFileSync('unshare', ['--mount', 'sh', '-c', script, 'sh', join(folder, host), image.root, ...command], {
    encoding: 'utf8',
  });
}

describe.each(Object.entries(SPECS))('%s', (_title, yaml) => {
  const hosts = write(yaml);
  const image = cachedImage();
  if (!image) throw new Error('the image is not built');
  const check = (service: string, ...command: string[]) => {
    for (const host of hosts.get(service) ?? []) expect(() => inImage(image, host, ...command)).not.toThrow();
  };

  it('haproxy -c', () => {
    check('haproxy', 'haproxy', '-c', '-f', '/etc/sbmcrm/haproxy/haproxy.cfg');
    check('router', 'haproxy', '-c', '-f', '/etc/sbmcrm/router/haproxy.cfg');
  });

  it('keepalived --config-test', () => {
    check('keepalived', 'keepalived', '--config-test', '--use-file', '/etc/sbmcrm/keepalived/keepalived.conf');
  });

  it('patroni --validate-config', () => {
    // It also wants etcd and a data directory, which are not there: what counts is what it says of the file's keys.
    for (const host of hosts.get('patroni') ?? []) {
      let said = '';
      try {
        said = inImage(image, host, 'patroni', '--validate-config', '/etc/sbmcrm/postgres/patroni.yml');
      } catch (error) {
        said = (error as { stdout: string }).stdout;
      }
      expect(said).not.toMatch(/is not a string|is not an integer|is not a dictionary|is required|not a valid|must be/);
    }
  });

  it('sh -n on every script', () => {
    for (const host of new Set([...hosts.values()].flat())) {
      inImage(image, host, 'sh', '-c', 'for f in $(find /etc/sbmcrm -name "*.sh"); do sh -n $f || exit 1; done');
    }
  });
});
