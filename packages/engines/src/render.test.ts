import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { etcdConfig } from './etcd/config.ts';
import { context, secrets } from './fixture.ts';
import { loadBalancerConfig, routerConfig } from './haproxy/config.ts';
import { holderService, witnessService } from './holder/config.ts';
import { hostsFile, renderHost } from './host.ts';
import { keepalivedConfig } from './keepalived/config.ts';
import { hbaRules, patroniConfig, patroniDynamicConfig } from './postgres/config.ts';
import { redisConfig, redisService, sentinelConfig } from './redis/config.ts';

/** Lines of one HAProxy section. */
function section(config: string, header: string): string[] {
  const lines = config.split('\n');
  const start = lines.indexOf(header);
  expect(start, `section "${header}"`).toBeGreaterThanOrEqual(0);
  const length = lines.slice(start + 1).findIndex((line) => line !== '' && !line.startsWith(' '));
  return lines.slice(start + 1, length < 0 ? undefined : start + 1 + length).map((line) => line.trim());
}

describe('load balancer', () => {
  const config = loadBalancerConfig(context('lb-a'));

  it('checks /health exactly as the guide: every 30 s, 5 s to answer, 2 to come back, 3 to go', () => {
    const backend = section(config, 'backend api');
    expect(backend).toContain('http-check send meth GET uri /health ver HTTP/1.1 hdr Host sbmcrm');
    expect(backend).toContain('http-check expect status 200');
    expect(backend).toContain('timeout check 5000ms');
    expect(backend.find((line) => line.startsWith('default-server'))).toMatch(
      /^default-server check inter 30000ms rise 2 fall 3 agent-check/,
    );
  });

  it('has a server with its cookie for every instance up to max; the spare ones are disabled', () => {
    const servers = section(config, 'backend api').filter((line) => line.startsWith('server '));
    expect(servers).toHaveLength(10);
    expect(servers[0]).toBe('server sbmcrm-api-01 10.77.1.21:8080 cookie sbmcrm-api-01');
    expect(servers.filter((line) => line.endsWith(' disabled'))).toHaveLength(8);
  });

  it('uses every server that lives when none is healthy, and no host that is gone', () => {
    const choicesOf = (name: string) => section(config, name).filter((line) => /_backend /.test(line));
    const [health, ...choices] = choicesOf('frontend http');
    // Who asks for the health goes the same way, but for one step, on which it is counted apart.
    expect(health).toBe('use_backend health if { path /health }');
    expect(section(config, 'backend health')).toContain('server entry abns@health maxconn 100');
    expect(section(config, 'frontend health-inner')).toContain('bind abns@health');
    expect(choicesOf('frontend health-inner')).toEqual(choices);
    expect(choices).toHaveLength(12);
    // One known to be gone is in no set of servers that a request could be left with.
    expect(choices[0]).toBe(
      'use_backend api-any if { nbsrv(api-any) gt 0 } { srv_is_up(api/sbmcrm-api-01) } !{ srv_is_up(api-any/sbmcrm-api-01) }',
    );
    expect(choices.slice(-2)).toEqual([
      'use_backend api-any if { nbsrv(api-any) gt 0 } { nbsrv(api) eq 0 }',
      'default_backend api',
    ]);
    expect(section(config, 'backend api-any')).toContain(
      'http-check send meth GET uri /livez ver HTTP/1.1 hdr Host sbmcrm',
    );
    expect(section(config, 'backend api-any').filter((line) => line.includes(' check inter '))).toHaveLength(1);
  });

  it('repeats a request elsewhere only if that does no harm', () => {
    expect(section(config, 'backend api')).toContain(
      'http-request disable-l7-retry unless { method GET HEAD } or { req.hdr(Idempotency-Key) -m found }',
    );
  });

  it('sticks by cookie, unless the spec says not to', () => {
    expect(section(config, 'backend api')).toContain('cookie SBMCRM_SERVER insert indirect nocache httponly');
    const loose = loadBalancerConfig(context('lb-a', 'loadBalancer: { sessionPersistence: { sticky: false } }\n'));
    expect(loose).not.toContain('cookie');
  });
});

describe('database names', () => {
  it('follow the roles that Patroni tells, and cut the sessions of a demoted primary', () => {
    const primary = section(routerConfig(context('sbmcrm-api-01')), 'listen postgres-primary');
    expect(primary).toContain('bind 127.0.0.11:5432');
    expect(primary).toContain('http-check send meth OPTIONS uri /primary');
    expect(primary.find((line) => line.startsWith('default-server'))).toContain('on-marked-down shutdown-sessions');
    expect(primary.filter((line) => line.startsWith('server ')).map((line) => line.split(' ')[1])).toEqual([
      'postgres-a',
      'postgres-b',
    ]);
  });

  it('fall back from read replicas to the standby, and avoid those that are behind', () => {
    const AGENT = 'agent-check agent-port 8010 agent-inter 2s';
    const replica = section(loadBalancerConfig(context('lb-a')), 'listen postgres-replica');
    expect(replica).toContain('bind 10.77.0.12:5432');
    expect(replica.filter((line) => line.startsWith('server '))).toEqual([
      `server replica-a 10.77.1.140:5432 ${AGENT}`,
      `server replica-b 10.77.2.140:5432 ${AGENT}`,
      `server postgres-a 10.77.1.130:5432 ${AGENT} backup`,
      `server postgres-b 10.77.2.130:5432 ${AGENT} backup`,
    ]);
  });

  it('are known on every host, by the nearest way', () => {
    expect(hostsFile(context('sbmcrm-api-01'))).toContain(
      '127.0.0.11 postgres-primary.internal\n127.0.0.12 postgres-replica.internal',
    );
    expect(hostsFile(context('quorum-c'))).toContain(
      '10.77.0.11 postgres-primary.internal\n10.77.0.12 postgres-replica.internal',
    );
  });
});

describe('Patroni', () => {
  const read = (name: string, yaml = '') => parse(patroniConfig(context(name, yaml)));

  it('is the cluster sbmcrm-postgresql over etcd with TLS', () => {
    expect(read('postgres-a')).toMatchObject({
      scope: 'sbmcrm-postgresql',
      etcd3: { protocol: 'https', hosts: ['10.77.1.160:2379', '10.77.2.160:2379', '10.77.3.160:2379'] },
    });
  });

  it('lets only the first primary create the cluster, with checksums', () => {
    expect(read('postgres-a').bootstrap.initdb).toContain('data-checksums');
    for (const other of ['postgres-b', 'replica-a']) expect(read(other).bootstrap).toBeUndefined();
  });

  it('never promotes a read replica, nor makes it the synchronous standby', () => {
    expect(read('replica-a').tags).toMatchObject({ nofailover: true, nosync: true });
    expect(read('postgres-b').tags).toMatchObject({ nofailover: false, nosync: false });
  });

  it('begins a copy anew that was cut short before it was a standby, and never anything else', () => {
    const { run } = renderHost(context('replica-a')).find((service) => service.name === 'patroni') ?? { run: '' };
    const begin = run.indexOf('if grep -qs');
    const script = run
      .slice(begin, run.indexOf('\nfi\n', begin) + 4)
      .replaceAll('/data/postgres/main', '$1')
      .replace(/^.*pkill.*$/m, '');
    const folder = mkdtempSync(join(tmpdir(), 'sbmcrm-copy-'));
    const isKept = (files: Record<string, string>) => {
      const data = join(folder, 'main');
      mkdirSync(data, { recursive: true });
      for (const [name, content] of Object.entries(files)) writeFileSync(join(data, name), content);
      execFileSync('sh', ['-euc', script, 'sh', data]);
      const kept = existsSync(data);
      rmSync(data, { recursive: true, force: true });
      return kept;
    };
    const label = { backup_label: 'START WAL LOCATION: 0/2\nBACKUP METHOD: streamed\n' };
    expect(isKept(label)).toBe(false);
    expect(isKept({ backup_manifest: '', 'standby.signal': '', 'backup_label.old': label.backup_label })).toBe(true);
    expect(isKept({ backup_label: 'BACKUP METHOD: pg_rewind\n' })).toBe(true);
    expect(isKept({ PG_VERSION: '17' })).toBe(true);
    rmSync(folder, { recursive: true });
  });

  it('is synchronous when the spec says so', () => {
    const sync = context('postgres-a', 'database: { replicationMode: sync }\n');
    expect(patroniDynamicConfig(sync)).toMatchObject({ synchronous_mode: true, primary_start_timeout: 0 });
    expect(patroniDynamicConfig(context('postgres-a'))).toMatchObject({
      synchronous_mode: false,
      primary_start_timeout: 10,
      // Nothing that only one host has is removed by Patroni.
      postgresql: {
        remove_data_directory_on_rewind_failure: false,
        remove_data_directory_on_diverged_timelines: false,
      },
    });
  });

  it('keeps loop_wait + 2 × retry_timeout within the lease, as Patroni demands', () => {
    const config = patroniDynamicConfig(context('postgres-a')) as Record<string, number>;
    expect((config.loop_wait ?? 0) + 2 * (config.retry_timeout ?? 0)).toBeLessThanOrEqual(config.ttl ?? 0);
  });

  it('lets nobody in without SCRAM, and replication from members only', () => {
    const rules = hbaRules(context('postgres-a'));
    const [own, ...others] = rules;
    expect(own).toBe('local postgres postgres peer map=own');
    expect(others.every((rule) => rule.endsWith(' scram-sha-256'))).toBe(true);
    expect(rules.filter((rule) => rule.startsWith('host replication'))).toHaveLength(4);
  });
});

describe('etcd', () => {
  it('wants certificates from clients and peers', () => {
    const config = parse(etcdConfig(context('quorum-b')));
    expect(config['client-transport-security']['client-cert-auth']).toBe(true);
    expect(config['peer-transport-security']['client-cert-auth']).toBe(true);
    expect(config['initial-cluster'].split(',')).toHaveLength(3);
  });
});

describe('Redis', () => {
  it('has the values of the guide', () => {
    const lines = redisConfig(context('redis-a')).split('\n');
    for (const line of ['maxmemory 8589934592', 'save 3600 1', 'appendonly yes', 'min-replicas-to-write 1']) {
      expect(lines).toContain(line);
    }
  });

  it('also listens on a socket that only its own user and root may use', () => {
    const lines = redisConfig(context('redis-b')).split('\n');
    expect(lines).toContain('unixsocket /run/redis/redis.sock');
    expect(lines).toContain('unixsocketperm 700');
    expect(redisService(context('redis-b')).run).toContain(
      'install -d -o redis -g redis -m 0700 /data/redis /run/redis\n',
    );
  });

  it('begins as standby on the host that is not the first master', () => {
    expect(redisService(context('redis-a')).run).toContain('else master=; fi');
    expect(redisService(context('redis-b')).run).toContain('else master=10.77.1.150; fi');
  });

  it('is watched by Sentinel with the values of the guide', () => {
    const lines = sentinelConfig(context('quorum-c')).split('\n');
    expect(lines).toContain('sentinel monitor sbmcrm-redis 10.77.1.150 6379 2');
    expect(lines).toContain('sentinel down-after-milliseconds sbmcrm-redis 5000');
    expect(lines).toContain('sentinel failover-timeout sbmcrm-redis 10000');
  });
});

describe('keepalived', () => {
  it('gives the three floating addresses to one holder, without taking them back', () => {
    const config = keepalivedConfig(context('lb-b'));
    for (const address of ['10.77.0.10/17', '10.77.0.11/17', '10.77.0.12/17'])
      expect(config).toContain(`${address} dev eth0`);
    expect(config).toContain('nopreempt');
    expect(config).toMatch(/unicast_peer \{\n {4}10\.77\.1\.10\n/);
  });

  it('has neither a peer nor a holder where it is alone', () => {
    const alone = context('lb-a', 'loadBalancer: { multiAz: false }\n');
    expect(keepalivedConfig(alone)).not.toMatch(/unicast_peer|track_file/);
    expect(keepalivedConfig(context('lb-a'))).toMatch(/track_file .*\{\n {2}file "\/run\/holder\/may"\n {2}weight 0\n/);
    expect(alone.topology.hosts.flatMap(({ services }) => services)).not.toContain('witness');
  });

  it('is told by a holder, whom its peer and the witnesses hear', () => {
    const [file] = holderService(context('lb-b')).files;
    expect(file).toMatchObject({ owner: 'root', mode: 0o600 });
    const { me, peers, witnesses, others, floating } = JSON.parse(file?.content ?? '');
    expect([me, peers]).toEqual([{ name: 'lb-b', address: '10.77.2.10' }, [{ name: 'lb-a', address: '10.77.1.10' }]]);
    expect(witnesses.map(({ name }: { name: string }) => name)).toEqual(['quorum-a', 'quorum-b', 'quorum-c']);
    // Hosts of its own zone say nothing about a link to the others.
    expect(others.map(({ address }: { address: string }) => address)).toEqual([
      '10.77.1.130',
      '10.77.1.160',
      '10.77.3.160',
    ]);
    expect(floating).toEqual(['10.77.0.10', '10.77.0.11', '10.77.0.12']);
    const [witness] = witnessService(context('quorum-c')).files;
    expect(witness).toMatchObject({ owner: 'etcd', mode: 0o600 });
    expect(JSON.parse(witness?.content ?? '')).toMatchObject({ name: 'quorum-c', balancers: ['lb-a', 'lb-b'] });
  });
});

describe('every host', () => {
  const { topology } = context('lb-a');

  it.each(topology.hosts.map((host) => host.name))(
    '%s: secrets only in files that others cannot read, none in a run script',
    (name) => {
      const values = Object.values(secrets).filter((value) => typeof value === 'string');
      for (const service of renderHost(context(name))) {
        for (const value of values) expect(`${service.run}${service.live?.script}`).not.toContain(value);
        for (const file of service.files) {
          if (values.some((value) => file.content.includes(value))) expect(file.mode & 0o077, file.path).toBe(0);
        }
      }
    },
  );

  it('renders the same text for the same input', () => {
    expect(renderHost(context('postgres-a'))).toEqual(renderHost(context('postgres-a')));
  });
});
