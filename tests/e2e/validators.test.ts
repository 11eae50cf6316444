import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type RenderContext, renderHost } from '@sbmcrm/engines';
import { alertRules, alertsOf, runbookOf } from '@sbmcrm/engines/prometheus';
import { StatePaths } from '@sbmcrm/local';
import { hostImage, readSecrets } from '@sbmcrm/platform';
import { parseSpec } from '@sbmcrm/spec';
import { planTopology } from '@sbmcrm/topology';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CERTIFICATES_END_MS, ruleTests, TESTED_ALERTS } from './alert-rules.ts';
import { shared } from './platform.ts';

/** Every engine's own validator, from the image, over what is rendered for several specs. */
const folder = mkdtempSync(join(tmpdir(), 'sbmcrm-validate-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const SPECS = {
  'the guide': '',
  sync: 'database: { replicationMode: sync }\n',
  'one load balancer, no stickiness': 'loadBalancer: { multiAz: false, sessionPersistence: { sticky: false } }\n',
  'without monitoring': 'monitoring: { enabled: false }\n',
  'with a schedule': 'drills: { schedule: [{ drill: database-host-loss, at: "0 4 * * 0" }] }\n',
  'with everybody told':
    'alerts: { webhooks: [{ url: "https://chat.example/a?b=c" }], hook: [told], heartbeat: { url: "https://w.example/" }, email: { to: [a@example.com, b@example.com], from: c@example.com, server: "mail.example:465", encryption: tls } }\n',
  'no persistence': 'cache: { persistence: { aof: false } }\n',
};

/** Where the image is mounted, in a namespace of each command's own. */
const place = join(folder, 'place');
mkdirSync(place);

/** A service's files as one host of one spec has them. */
interface Rendered {
  /** Spec and host. */
  where: string;
  /** Folder of all the host's files. */
  config: string;
}

/** By service: what differs, once. Specs and hosts share most of it. */
const rendered = new Map<string, Map<string, Rendered>>();

function render(title: string, yaml: string): void {
  const spec = parseSpec(`platform: sbmcrm\n${yaml}`, 'test.yaml');
  const topology = planTopology(spec);
  const secrets = readSecrets(new StatePaths(shared.state));
  for (const host of topology.hosts) {
    const context: RenderContext = { spec, topology, host, secrets };
    const config = join(folder, title, host.name);
    for (const { name, files } of renderHost(context)) {
      for (const file of files) {
        const path = join(config, file.path);
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(path, file.content, { mode: file.mode });
      }
      const distinct = rendered.get(name) ?? new Map<string, Rendered>();
      rendered.set(name, distinct);
      const content = JSON.stringify(files.map((file) => [file.path, file.content]));
      if (files.length > 0 && !distinct.has(content))
        distinct.set(content, { where: `${title}, ${host.name}`, config });
    }
  }
}

/**
 * Runs a command in the image with a host's files at /etc/sbmcrm, in namespaces that end with it: the network's is empty,
 * since Patroni dials the addresses in its file, and a platform may run there.
 */
function inImage(config: string, ...command: string[]): { ok: boolean; said: string } {
  const image = hostImage();
  if (!image) throw new Error('the image is not built');
  // Root of a host is not root here, and keepalived wants its script below folders of root's, and the file that it watches to be there.
  const script = `
    image=$1 config=$2 place=$3; shift 3
    mount -t tmpfs tmpfs $place && mkdir $place/upper $place/work $place/root && root=$place/root || exit 70
    mount -t overlay -o lowerdir=$image,upperdir=$place/upper,workdir=$place/work overlay $root || exit 70
    chown 0:0 $root $root/etc && mount -t tmpfs tmpfs $root/run && mount --bind /dev $root/dev || exit 70
    mkdir -p $root/etc/sbmcrm $root/run/holder && echo 0 > $root/run/holder/may && mount --bind "$config" $root/etc/sbmcrm || exit 70
    ip link add eth0 type veth peer name none || exit 71
    exec chroot $root "$@" 2>&1`;
  const args = ['--mount', '--net', 'sh', '-c', script, 'sh', image.root, config, place, ...command];
  try {
    return { ok: true, said: execFileSync('unshare', args, { encoding: 'utf8' }) };
  } catch (error) {
    const { status, stdout } = error as { status: number; stdout: string };
    if (status === 70 || status === 71) throw error;
    return { ok: false, said: stdout };
  }
}

/** Each distinct set of a service's files, with what the validator said of it. */
function validate(service: string, ...command: string[]) {
  const files = [...(rendered.get(service)?.values() ?? [])];
  expect(files).not.toEqual([]);
  return files.map(({ where, config }) => ({ where, ...inImage(config, ...command) }));
}

function expectValid(service: string, ...command: string[]): void {
  expect(validate(service, ...command).filter(({ ok }) => !ok)).toEqual([]);
}

beforeAll(() => {
  for (const [title, yaml] of Object.entries(SPECS)) render(title, yaml);
});

describe('what is rendered is valid for', () => {
  it('haproxy -c', () => {
    expectValid('haproxy', 'haproxy', '-c', '-f', '/etc/sbmcrm/haproxy/haproxy.cfg');
    expectValid('router', 'haproxy', '-c', '-f', '/etc/sbmcrm/router/haproxy.cfg');
  });

  it('keepalived --config-test', () => {
    const file = '/etc/sbmcrm/keepalived/keepalived.conf';
    expectValid('keepalived', 'keepalived', '--config-test', '--use-file', file);
  });

  it('patroni --validate-config', () => {
    // It also wants etcd, which is out of reach here: any other line is about the file.
    const unreachable = /^etcd3\.hosts\.\d \S+ didn't pass validation: \S+ is not reachable$/;
    const command = ['patroni', '--validate-config', '/etc/sbmcrm/postgres/patroni.yml'];
    for (const { where, said } of validate('patroni', ...command)) {
      expect(said, where).toContain('is not reachable');
      expect(
        said.split('\n').filter((line) => line !== '' && !unreachable.test(line)),
        where,
      ).toEqual([]);
    }
  });

  it('promtool check config', () => {
    expectValid('prometheus', 'promtool', 'check', 'config', '/etc/sbmcrm/prometheus/prometheus.yml');
  });

  it('amtool check-config', () => {
    expectValid('alertmanager', 'amtool', 'check-config', '/etc/sbmcrm/alertmanager/alertmanager.yml');
  });

  it('promtool test rules: each alert holds when it should, and not before', () => {
    const first = [...(rendered.get('prometheus')?.values() ?? [])].find(({ where }) => where.startsWith('sync'));
    if (!first) throw new Error('nothing was rendered for Prometheus');
    const spec = parseSpec('platform: sbmcrm\ndatabase: { replicationMode: sync }\n', 'test.yaml');
    const of = { spec, topology: planTopology(spec), certificatesEndMs: CERTIFICATES_END_MS };
    writeFileSync(join(first.config, 'prometheus/scenes.yml'), alertRules(of));
    writeFileSync(
      join(first.config, 'prometheus/tests.yml'),
      ruleTests('/etc/sbmcrm/prometheus/scenes.yml', runbookOf),
    );
    const { ok, said } = inImage(first.config, 'promtool', 'test', 'rules', '/etc/sbmcrm/prometheus/tests.yml');
    expect(ok ? '' : said).toBe('');
    expect(TESTED_ALERTS).toEqual(alertsOf(of).map(({ name }) => name));
  });

  it('the shell’s own check of every script', () => {
    for (const service of rendered.keys()) {
      if (rendered.get(service)?.size === 0) continue;
      expectValid(
        service,
        'sh',
        '-c',
        'for f in $(find /etc/sbmcrm -name "*.sh"); do $(sed -n "1s/^#!//p" $f) -n $f || exit 1; done',
      );
    }
  });
});
