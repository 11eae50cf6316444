import { AGENT_PORT } from '../../ports.ts';
import { hostSize } from '../host-size.ts';
import { type Contradiction, related } from '../related.ts';
import { block, duration, list, text, wholeNumber } from '../scalars.ts';
import { loadZone } from '../zones.ts';
import { autoScaling, MOST_INSTANCES } from './auto-scaling.ts';

const INSTANCE_NAME = /^(?=.{4,41}$)([a-z][a-z0-9-]*)-(?!00)(\d\d)$/;

const instance = block('One API server.', {
  name: text({
    about: 'Host name: a prefix, the same for all, and a number from 01 to 99.',
    pattern: INSTANCE_NAME,
    what: 'a name such as sbmcrm-api-01 (at most 41 lower-case letters, digits and hyphens, ending in a number from 01 to 99)',
  }),
  zone: loadZone('Zone of the instance.'),
});

const instances = related(
  list(instance, { about: 'The API servers of an empty platform.', from: 1, to: MOST_INSTANCES }),
  [],
  namesContradict,
);

/** Entries may be wrong in other ways, so only well-formed names are compared. */
function namesContradict(entries: readonly { name: string }[]): Contradiction[] {
  const firstPrefix = entries.map(prefixOf).find((prefix) => prefix !== undefined);
  const seen = new Set<string>();
  return entries.flatMap((entry, index) => {
    const prefix = prefixOf(entry);
    if (prefix === undefined) return [];
    const at = [index, 'name'];
    if (seen.has(entry.name)) return [{ at, message: `"${entry.name}" is the name of two instances` }];
    seen.add(entry.name);
    if (prefix === firstPrefix) return [];
    return [{ at, message: `"${entry.name}" does not begin with "${firstPrefix}-" as the first instance's name does` }];
  });
}

function prefixOf(entry: { name: string } | undefined): string | undefined {
  return INSTANCE_NAME.exec(String(entry?.name))?.[1];
}

const hold = block('How requests wait while there is no database primary.', {
  /** Milliseconds. */
  deadline: duration({ about: 'How long one request waits at most.', from: '1s', to: '1h', default: '30s' }),
  queue: wholeNumber({ about: 'How many requests wait at most, for each instance.', from: 0, to: 100_000 }).prefault(
    5000,
  ),
});

/** `/health` waits for it, and load balancers wait for `/health`. */
const LONGEST_LOOK = '2s';

const URL_START = /^https?:\/\//;

const externalApi = block('An API of somebody else that the application needs.', {
  name: text({
    about: 'Its name in answers and logs.',
    pattern: /^[a-z][a-z0-9-]{0,40}$/,
    what: 'a name such as payments (at most 41 lower-case letters, digits and hyphens)',
  }),
  url: text({
    about: 'What answers below 500 while it is well. Without a password: the spec is no place for one.',
    pattern: /^https?:\/\/[^\s/?#@]{1,255}([/?#]\S{0,1000})?$/,
    what: 'an address such as https://payments.example/health, without a user or a password',
  }),
  /** Milliseconds. */
  timeout: duration({
    about: 'It is away when it does not answer for so long.',
    from: '50ms',
    to: LONGEST_LOOK,
    default: '1s',
  }),
});

const externalApis = related(
  list(externalApi, {
    about: 'APIs of others: while one is away the platform is degraded, and serves.',
    from: 0,
    to: 20,
  }),
  [],
  apisContradict,
);

/** Entries may be wrong in other ways, and that is told already. */
function apisContradict(entries: readonly { name: string; url: string }[]): Contradiction[] {
  return entries.flatMap((entry, index) => {
    const { name, url } = entry ?? {};
    const isTwice = typeof name === 'string' && entries.findIndex((other) => other?.name === name) < index;
    // Such as a port above 65535: the API servers would not start.
    const isNone = URL_START.test(String(url)) && !URL.canParse(url);
    return [
      ...(isTwice ? [{ at: [index, 'name'], message: `"${name}" is the name of two APIs` }] : []),
      ...(isNone ? [{ at: [index, 'url'], message: `"${url}" is no address` }] : []),
    ];
  });
}

const applicationKeys = block('The API servers.', {
  port: wholeNumber({ about: 'TCP port of an API server.', from: 1024, to: 65_535 }).prefault(8080),
  instances: instances.prefault([
    { name: 'sbmcrm-api-01', zone: 'a' },
    { name: 'sbmcrm-api-02', zone: 'b' },
  ]),
  hold: hold.prefault({}),
  externalApis: externalApis.prefault([]),
  autoScaling: autoScaling.prefault({}),
  size: hostSize('an API server', { cpus: 2, memory: '2GB' }),
});

const withFreePort = related(applicationKeys, ['port'], ({ port }) =>
  port === AGENT_PORT ? [{ at: ['port'], message: `${port} is taken by the load balancer's agent check` }] : [],
);

export const application = related(withFreePort, ['instances', 'autoScaling.max'], ({ instances, autoScaling }) =>
  instances.length <= autoScaling.max
    ? []
    : [
        {
          at: ['instances'],
          message: `${instances.length} instances are more than autoScaling.max (${autoScaling.max})`,
        },
      ],
).prefault({});
