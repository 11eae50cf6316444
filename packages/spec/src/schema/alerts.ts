import { block, duration, flag, percent } from './scalars.ts';

const share = (about: string, value: string) => percent({ about, from: '1%', to: '100%', default: value });

export const alerts = block('When somebody is told.', {
  critical: block('Wakes somebody up.', {
    databaseFailover: flag({ about: 'The database failed over.', default: true }),
    allApiServersDown: flag({ about: 'No API server is up.', default: true }),
    /** Percent. */
    errorRate: percent({ about: 'More failed requests than this.', from: '0.01%', to: '100%', default: '5%' }),
    /** Milliseconds. */
    replicationLag: duration({ about: 'A database copy is further behind.', from: '1s', to: '1d', default: '10s' }),
  }).prefault({}),
  warning: block('Can wait until morning.', {
    /** Percent. */
    cpu: share('More CPU in use than this.', '70%'),
    /** Percent. */
    memory: share('More memory in use than this.', '80%'),
    /** Percent. */
    disk: share('More disk in use than this.', '85%'),
    /** Milliseconds. */
    p95: duration({ about: 'Slower responses than this (95th percentile).', from: '10ms', to: '1h', default: '1s' }),
  }).prefault({}),
}).prefault({});
