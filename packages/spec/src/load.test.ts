import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadSpec, parseSpec } from './load.ts';
import { formatSpecError, SpecError } from './spec-error.ts';

/** The error that a text gives. */
function errorOf(text: string): SpecError {
  try {
    parseSpec(text, 'sbmcrm.yaml');
  } catch (error) {
    if (error instanceof SpecError) return error;
    throw error;
  }
  throw new Error(`no error for ${text}`);
}

describe('values that are refused', () => {
  it.each<[text: string, message: string]>([
    ['database:\n  pool:\n    max: twenty', '3:10 database.pool.max: "twenty" is not a whole number from 1 to 1000'],
    ['database: { pool: { max: 0.5 } }', '1:26 database.pool.max: 0.5 is not a whole number from 1 to 1000'],
    ['database: { pool: { max: 1001 } }', '1:26 database.pool.max: 1001 is not a whole number from 1 to 1000'],
    ['database: { pool: { max: .nan } }', '1:26 database.pool.max: NaN is not a whole number from 1 to 1000'],
    ['database: { pool: { max: } }', '1:26 database.pool.max: is empty: expected a whole number from 1 to 1000'],
    ['database: { pool: { max: [1] } }', '1:26 database.pool.max: a list is not a whole number from 1 to 1000'],
    ['database: { pool: { min: 30 } }', '1:26 database.pool.min: 30 is greater than max (20)'],
    [
      'database: { pool: 20 }',
      '1:19 database.pool: 20 is not a block with the keys max, min, idleTimeout, connectionTimeout',
    ],
    [
      'database: { leaseTtl: 19s }',
      '1:23 database.leaseTtl: "19s" is not a duration from 20s to 10m in whole seconds, such as 20s',
    ],
    [
      'database: { leaseTtl: 20500ms }',
      '1:23 database.leaseTtl: "20500ms" is not a duration from 20s to 10m in whole seconds, such as 20s',
    ],
    [
      'database: { primary: { zone: c } }',
      '1:30 database.primary.zone: "c" is the witness zone: this goes into a or b',
    ],
    ['database: { standby: { zone: d } }', '1:30 database.standby.zone: "d" is not a or b'],
    ['database: { readReplicas: [{}] }', '1:28 database.readReplicas[0].zone: is missing: expected a or b'],
    [
      'database: { replicationMode: asynch }',
      '1:30 database.replicationMode: "asynch" is not async or sync, did you mean "async"?',
    ],
    [
      'loadBalancer: { healthCheck: { interval: 30 } }',
      '1:42 loadBalancer.healthCheck.interval: 30 has no unit: expected a duration from 500ms to 10m, such as 30s',
    ],
    [
      'loadBalancer: { healthCheck: { interval: 99999999999999999d } }',
      '1:42 loadBalancer.healthCheck.interval: "99999999999999999d" is not a duration from 500ms to 10m, such as 30s',
    ],
    [
      'loadBalancer: { healthCheck: { path: "/a\\nserver x" } }',
      '1:38 loadBalancer.healthCheck.path: "/a\\nserver x" is not a URL path such as /health (letters, digits and . _ ~ / -)',
    ],
    [
      'loadBalancer: { healthCheck: { protocol: TCP } }',
      '1:42 loadBalancer.healthCheck.protocol: "TCP" is not HTTP, the only choice',
    ],
    ['loadBalancer: { multiAz: yes }', '1:26 loadBalancer.multiAz: "yes" is not true or false'],
    [
      'application: { instances: [] }',
      '1:27 application.instances: has 0 entries: expected a list with 1 to 99 entries',
    ],
    [
      'application: { instances: [{ name: a-01, zone: a }, { name: a-01, zone: b }] }',
      '1:61 application.instances[1].name: "a-01" is the name of two instances',
    ],
    [
      'application: { externalApis: [{ name: a, url: "http://a" }, { name: a, url: "http://b" }] }',
      '1:69 application.externalApis[1].name: "a" is the name of two APIs',
    ],
    [
      'application: { externalApis: [{ name: b, url: "http://b:99999" }] }',
      '1:47 application.externalApis[0].url: "http://b:99999" is no address',
    ],
    [
      'application: { externalApis: [{ name: a, url: "http://me:secret@a" }] }',
      '1:47 application.externalApis[0].url: "http://…@a" is not an address such as https://payments.example/health, without a user or a password',
    ],
    [
      'application: { instances: [{ name: a-01, zone: a }, { name: b-02, zone: b }] }',
      '1:61 application.instances[1].name: "b-02" does not begin with "a-" as the first instance\'s name does',
    ],
    ['application: { autoScaling: { min: 5, max: 3 } }', '1:36 application.autoScaling.min: 5 is greater than max (3)'],
    [
      'application: { autoScaling: { desired: 11 } }',
      '1:40 application.autoScaling.desired: 11 is not between min (2) and max (10)',
    ],
    [
      'application: { autoScaling: { min: 1, desired: 1, max: 1 } }',
      '1:14 application.instances: 2 instances are more than autoScaling.max (1)',
    ],
    [
      'application: { size: { cpus: 0.25 } }',
      '1:30 application.size.cpus: 0.25 is not a number from 0.1 to 64 with one decimal at most',
    ],
    ['application: { port: 8081 }', "1:22 application.port: 8081 is taken by the load balancer's agent check"],
    ['cache: { memory: 8 }', '1:18 cache.memory: 8 has no unit: expected a size from 16MB to 1TB, such as 8GB'],
    ['cache: { memory: 8gb }', '1:18 cache.memory: "8gb" is not a size from 16MB to 1TB, such as 8GB'],
    ['cache: { sentinel: { zones: [a, d] } }', '1:33 cache.sentinel.zones[1]: "d" is not a, b or c'],
    ['quorum: { zones: [a, a, b, b, c, c] }', '1:18 quorum.zones: has 6 entries: expected a list with 1 to 5 entries'],
    ['regions: { primary: x, secondary: x }', '1:35 regions.secondary: "x" is the primary region too'],
    ['zones: { a: x, b: y, c: y }', '1:25 zones.c: "y" is zone b too'],
    [
      'storage: { lifecycle: { deleteAfter: 30d } }',
      '1:38 storage.lifecycle.deleteAfter: 30d is not after archiveAfter (90d)',
    ],
    [
      'backup: { timezone: Mars/Base }',
      '1:21 backup.timezone: "Mars/Base" is not a time zone such as UTC or Asia/Singapore',
    ],
    [
      'drills: { schedule: [{ drill: d, at: "* * * * *" }] }',
      '1:38 drills.schedule[0].at: "* * * * *" comes more than once an hour',
    ],
    [
      'drills: { schedule: [{ drill: d, at: "0,30 4 1 * *" }] }',
      '1:38 drills.schedule[0].at: "0,30 4 1 * *" comes more than once an hour',
    ],
    ['drills: { schedule: [{ drill: d, at: "0 4 31 2 *" }] }', '1:38 drills.schedule[0].at: "0 4 31 2 *" never comes'],
    [
      'drills: { schedule: [{ drill: d, at: "04:00" }] }',
      '1:38 drills.schedule[0].at: "04:00" is not a time as cron has it, such as "0 4 * * 0" (Sundays at 04:00)',
    ],
    [
      'drills: { schedule: [{ drill: d, at: "0 4 * * *" }, { drill: d, at: "0 5 * * *" }] }',
      '1:62 drills.schedule[1].drill: "d" is there twice: give one entry with all its times',
    ],
    [
      'drills: { schedule: [{ drill: d, at: "2020-01-01T04:00" }] }',
      '1:38 drills.schedule[0].at: "2020-01-01T04:00" is not a time as cron has it, such as "0 4 * * 0" (Sundays at 04:00)',
    ],
    ['backup: { database: { at: 2:00 } }', '1:27 backup.database.at: "2:00" is not a time of day such as "02:00"'],
    [
      'backup: { files: { retention: 36h } }',
      '1:31 backup.files.retention: "36h" is not a duration from 1d to 3650d in whole days, such as 90d',
    ],
    [
      'alerts: { warning: { cpu: 101% } }',
      '1:27 alerts.warning.cpu: "101%" is not a percentage from 1% to 100%, such as 70%',
    ],
    [
      'platform: My CRM',
      '1:11 platform: "My CRM" is not a name such as sbmcrm (lower-case letters, digits and hyphens, at most 30)',
    ],
  ])('%s', (text, message) => {
    expect(errorOf(text).message).toBe(`sbmcrm.yaml:${message}`);
  });

  it.each(['Api-01', 'api', 'api-1', 'api-00', 'api-001', '01-api', '-01', `${'a'.repeat(40)}-01`])(
    'instance name %s',
    (name) => {
      const { problems } = errorOf(`application: { instances: [{ name: "${name}", zone: a }] }`);
      expect(problems).toHaveLength(1);
      expect(problems[0]).toMatchObject({ path: 'application.instances[0].name', value: name });
    },
  );
});

describe('keys that are refused', () => {
  it.each<[text: string, message: string]>([
    ['application:\n  instnces: []', '2:3 application.instnces: unknown key "instnces", did you mean "instances"?'],
    ['databse: {}', '1:1 databse: unknown key "databse", did you mean "database"?'],
    ['quorum: { members: 3 }', '1:11 quorum.members: unknown key "members", the keys here are zones, size'],
    [
      'application: { instances: [{ name: a-01, zone: a, size: 3 }] }',
      '1:51 application.instances[0].size: unknown key "size", the keys here are name, zone',
    ],
    [
      'quorum: { __proto__: { zones: [a] } }',
      '1:11 quorum.__proto__: unknown key "__proto__", the keys here are zones, size',
    ],
    ['quorum: { "a\\nb": 1 }', '1:11 quorum."a\\nb": unknown key "a\\nb", the keys here are zones, size'],
    ['quorum: { <<: { zones: [a] } }', '1:11 quorum."<<": unknown key "<<", the keys here are zones, size'],
    ['quorum: { 1: 2 }', '1:11 quorum.1: unknown key "1", the keys here are zones, size'],
    ['quorum:\n  zones: [a]\n  zones: [b]', '3:3 quorum.zones: stands here for the second time'],
    ['quorum: { [a]: b }', '1:9 quorum: a key must be a word, not a block or a list'],
  ])('%s', (text, message) => {
    expect(errorOf(text).message).toBe(`sbmcrm.yaml:${message}`);
  });
});

describe('texts that are no spec', () => {
  const tenfold = (name: string, of: string) => `${name}: &${name} [${`*${of}, `.repeat(10)}]\n`;
  const bomb = `a: &a [x]\n${tenfold('b', 'a')}${tenfold('c', 'b')}${tenfold('d', 'c')}${tenfold('e', 'd')}`;

  it.each<[what: string, text: string, message: string]>([
    ['empty', '', ':1:1 the file is empty: a spec begins with `platform: sbmcrm`'],
    ['only a comment', '# nothing', ':1:1 the file is empty: a spec begins with `platform: sbmcrm`'],
    ['null', '~', ':1:1 expected keys such as platform and database, not null'],
    ['a list', '\n- a', ':2:1 expected keys such as platform and database, not a list'],
    ['a word', 'hello', ':1:1 expected keys such as platform and database, not "hello"'],
    [
      'open bracket',
      'quorum: { zones: [a',
      ':1:20 not valid YAML: Flow sequence in block collection must be sufficiently indented and end with a ]',
    ],
    ['tab', 'quorum:\n\tzones: [a]', ':2:1 not valid YAML: Tabs are not allowed as indentation'],
    ['tag', 'platform: !secret x', ':1:11 the tag !secret has no meaning in a spec'],
    ['set', 'quorum: !!set { zones }', ':1:9 the tag tag:yaml.org,2002:set has no meaning in a spec'],
    ['two documents', 'platform: a\n---\nplatform: b', ':2:1 a second document (---) begins: a spec is one'],
    ['unknown alias', 'quorum: *q', ': the alias *q stands for nothing: there is no &q before it'],
    ['alias bomb', bomb, ': its aliases (*name) unfold to far too much'],
    ['deep nesting', '['.repeat(20_000), ': is nested too deeply for a spec'],
    ['too large', `# ${'x'.repeat(1024 * 1024)}`, ': is too large for a spec: 1048578 bytes, more than 1048576'],
  ])('%s', (_, text, message) => {
    const { message: all } = errorOf(text);
    expect(all.split('\n')[0]).toBe(`sbmcrm.yaml${message}`);
  });

  it('ends in good time for a file of wrong keys', () => {
    const text = Array.from({ length: 20_000 }, (_, index) => `key${index}: 1`).join('\n');
    // Some seconds on a busy machine; looking at all other lines for each would take many minutes.
    expect(errorOf(text).problems).toHaveLength(20_000);
  });
});

describe('many problems', () => {
  const instance = '    - { name: Bad, zone: q }\n';
  const error = errorOf(
    `application:\n  autoScaling: { max: 99 }\n  instances:\n${instance.repeat(99)}quorm: 1\nzones: { b: x, c: x }`,
  );

  it('lists all of them in the order of the file', () => {
    expect(error.problems).toHaveLength(200);
    const lines = error.problems.map(({ line }) => line);
    expect(lines).toEqual(lines.toSorted((one, other) => one - other));
    expect(error.problems.at(-1)).toEqual({ path: 'zones.c', line: 104, column: 19, message: '"x" is zone b too' });
  });

  it('shows the first twenty', () => {
    const lines = error.message.split('\n');
    expect(lines).toHaveLength(21);
    expect(lines.at(-1)).toBe('… and 180 more (sbmcrm check --json lists all)');
    expect(formatSpecError(error)).toBe(error.message);
  });

  it('shows as many as one asks for', () => {
    expect(formatSpecError(error, { limit: 1 })).toMatch(/^sbmcrm\.yaml:4:15 [^\n]+\n… and 199 more/);
    expect(formatSpecError(error, { limit: Number.POSITIVE_INFINITY }).split('\n')).toHaveLength(200);
  });

  it('can be written as JSON, whatever the values are', () => {
    const { problems } = errorOf('database: &x { pool: *x, leaseTtl: 5 }');
    expect(JSON.parse(JSON.stringify(problems))).toHaveLength(3);
    expect(problems.at(-1)).toMatchObject({ path: 'database.leaseTtl', line: 1, column: 36, value: 5 });
  });

  it('finds contradictions beside other problems, but none that follow from them', () => {
    const { problems } = errorOf(
      'application: { autoScaling: { min: 5, max: 3, desired: many } }\ndatabase: { pool: { min: 9, max: 0 } }',
    );
    expect(problems.map(({ path, message }) => `${path}: ${message}`)).toEqual([
      'application.autoScaling.min: 5 is greater than max (3)',
      'application.autoScaling.desired: "many" is not a whole number from 1 to 99',
      'database.pool.max: 0 is not a whole number from 1 to 1000',
    ]);
  });
});

describe('texts that are fine', () => {
  it('takes anchors and aliases', () => {
    const spec = parseSpec(
      'database: { primary: &here { zone: b }, standby: { zone: a } }\ncache: { master: *here }',
      'x',
    );
    expect(spec.cache.master.zone).toBe('b');
  });

  it('reads YAML 1.2 whatever the file says', () => {
    expect(parseSpec('%YAML 1.1\n---\nbackup: { database: { at: 01:30 } }', 'x').backup.database.at).toBe(90);
  });

  it('overlooks a byte order mark', () => {
    expect(parseSpec('\uFEFFplatform: other', 'x').platform).toBe('other');
  });
});

describe('files', () => {
  const folder = mkdtempSync(join(tmpdir(), 'spec-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const file = (name: string, content: string | Buffer) => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };

  it('are read', () => {
    expect(loadSpec(file('good.yaml', 'platform: sbmcrm')).platform).toBe('sbmcrm');
  });

  it.each<[path: string, message: string]>([
    [join(folder, 'missing.yaml'), ': no such file (name another with --spec FILE)'],
    [join(file('plain.yaml', 'x'), 'below.yaml'), ': no such file (name another with --spec FILE)'],
    [folder, ': is a directory, not a spec file'],
    ['/dev/zero', ': is a device, not a spec file'],
    [file('binary.yaml', Buffer.from([0xff, 0xfe, 0x80])), ': is not UTF-8 text'],
    [file('large.yaml', '#'.repeat(1024 * 1024 + 1)), ': is too large for a spec: 1048577 bytes, more than 1048576'],
    [file('wrong.yaml', 'platfrm: x'), ':1:1 platfrm: unknown key "platfrm", did you mean "platform"?'],
  ])('%s', (path, message) => {
    expect(() => loadSpec(path)).toThrow(SpecError);
    expect(() => loadSpec(path)).toThrow(`${path}${message}`);
  });
});
