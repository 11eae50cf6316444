import { hostSize } from './host-size.ts';
import { related } from './related.ts';
import { block, duration, flag, percent } from './scalars.ts';

const keys = block('What watches the platform: a Prometheus in zone a and one in zone b.', {
  enabled: flag({ about: 'Whether it runs.', default: false }),
  /** Milliseconds. */
  interval: duration({
    about: 'Time between two looks at a target; what alerts wake somebody up for is looked at more often.',
    from: '1s',
    // Figures over half a minute need three looks.
    to: '10s',
    default: '5s',
  }),
  /** Milliseconds. */
  retention: duration({ about: 'How long figures are kept.', from: '1h', to: '365d', default: '15d' }),
  slo: block('What the service is to keep: the share of requests that do not fail.', {
    /** Percent. */
    availability: percent({
      about: 'So many requests at the public entry end without a 5xx.',
      from: '90%',
      to: '99.99%',
      default: '99.9%',
    }),
    /** Milliseconds. */
    window: duration({
      about: 'Over so long. Not longer than figures are kept.',
      from: '1d',
      to: '365d',
      default: '15d',
    }),
  }).prefault({}),
  size: hostSize('a monitoring host', { cpus: 1, memory: '1GB' }),
});

export const monitoring = related(keys, ['slo.window', 'retention'], ({ slo, retention }) =>
  slo.window <= retention
    ? []
    : [{ at: ['slo', 'window'], message: 'is longer than figures are kept (monitoring.retention)' }],
).prefault({});
