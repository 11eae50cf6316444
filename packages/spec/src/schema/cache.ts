import { hostSize } from './host-size.ts';
import { block, duration, flag, oneOf, size, wholeNumber } from './scalars.ts';
import { loadZone, memberZones } from './zones.ts';

const persistence = block('What the cache writes to disk.', {
  /** Milliseconds between snapshots; 0 is off. */
  rdb: duration({ about: 'A snapshot this often; 0s for none.', from: '0s', to: '7d', default: '1h', whole: '1s' }),
  aof: flag({ about: 'Keep the append-only file.', default: true }),
});

const sentinel = block('Redis Sentinel, which fails the cache over.', {
  quorum: wholeNumber({ about: 'Sentinels that must agree that the master is down.', from: 1, to: 5 }).prefault(2),
  /** Milliseconds. */
  downAfter: duration({ about: 'A master silent for this long is down.', from: '500ms', to: '10m', default: '5s' }),
  /** Milliseconds. */
  failoverTimeout: duration({ about: 'Longest time for one failover.', from: '1s', to: '1h', default: '10s' }),
  zones: memberZones('One Sentinel an entry: its zone.'),
});

export const cache = block('Redis.', {
  mode: oneOf(['master-standby'], { about: 'One master, one standby.' }).prefault('master-standby'),
  master: block('The first master.', { zone: loadZone('Zone of the first master.').prefault('a') }).prefault({}),
  standby: block('The first standby.', { zone: loadZone('Zone of the first standby.').prefault('b') }).prefault({}),
  /** Bytes. */
  memory: size({ about: 'Memory for data on each of the two (maxmemory).', from: '16MB', to: '1TB', default: '8GB' }),
  persistence: persistence.prefault({}),
  sentinel: sentinel.prefault({}),
  size: hostSize('a cache server; it has memory for half as much again as its data at least', {
    cpus: 2,
    memory: '12GB',
  }),
}).prefault({});
