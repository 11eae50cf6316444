import { hostSize } from './host-size.ts';
import { related } from './related.ts';
import { block, duration, flag, list, oneOf, text, wholeNumber } from './scalars.ts';
import { loadZone } from './zones.ts';

const automaticFailover = block('What happens when the primary dies.', {
  enabled: flag({ about: 'The standby is promoted without being told.', default: true }),
  /** Milliseconds. */
  within: duration({ about: 'The goal: a write succeeds again within this.', from: '1s', to: '1h', default: '30s' }),
});

const poolKeys = block('Connection pool of an API server, one for the primary and one for the replicas.', {
  max: wholeNumber({ about: 'Most connections of one pool.', from: 1, to: 1000 }).prefault(20),
  min: wholeNumber({ about: 'Connections kept open when idle.', from: 0, to: 1000 }).prefault(5),
  /** Milliseconds. */
  idleTimeout: duration({ about: 'A surplus connection is closed after this.', from: '1s', to: '1d', default: '30s' }),
  /** Milliseconds. */
  connectionTimeout: duration({ about: 'Bounds one attempt to connect.', from: '100ms', to: '5m', default: '2s' }),
});

const pool = related(poolKeys, ['min', 'max'], ({ min, max }) =>
  min <= max ? [] : [{ at: ['min'], message: `${min} is greater than max (${max})` }],
);

export const database = block('PostgreSQL.', {
  instanceClass: text({
    about: "The vendor's instance class (not used on one machine).",
    pattern: /^[a-z0-9]+(\.[a-z0-9]+){1,5}$/,
    what: 'an instance class such as rds.pg.c2.xlarge',
  }).prefault('rds.pg.c2.xlarge'),
  replicationMode: oneOf(['async', 'sync'], {
    about: 'sync: no acknowledged write is lost with any one host or zone. async: the last moments can be.',
  }).prefault('async'),
  primary: block('The first primary.', { zone: loadZone('Zone of the first primary.').prefault('a') }).prefault({}),
  standby: block('The first standby.', { zone: loadZone('Zone of the first standby.').prefault('b') }).prefault({}),
  readReplicas: list(block('One read replica.', { zone: loadZone('Zone of the read replica.') }), {
    about: 'Servers for analytics and reports; never promoted.',
    from: 0,
    to: 8,
  }).prefault([{ zone: 'a' }, { zone: 'b' }]),
  /** Milliseconds. */
  replicaMaxLag: duration({
    about:
      'Nobody reads from a copy that is further behind, until it has caught up. With none left the primary serves reads.',
    from: '1s',
    to: '1d',
    default: '10s',
  }),
  automaticFailover: automaticFailover.prefault({}),
  pool: pool.prefault({}),
  maxConnections: wholeNumber({
    about: "PostgreSQL's max_connections. Left out, it is derived from the pools and the most instances.",
    from: 25,
    to: 262_143,
  }).optional(),
  /** Milliseconds. */
  leaseTtl: duration({
    about: "Patroni's ttl: a primary that is silent for this long has lost its role. Patroni refuses less than 20s.",
    from: '20s',
    to: '10m',
    default: '20s',
    whole: '1s',
  }),
  size: hostSize('a database server, primary, standby or read replica', { cpus: 4, memory: '8GB' }),
}).prefault({});
