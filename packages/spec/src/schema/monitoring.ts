import { hostSize } from './host-size.ts';
import { block, duration, flag, percent } from './scalars.ts';

export const monitoring = block('What watches the platform: a Prometheus in zone a and one in zone b.', {
  enabled: flag({ about: 'Whether it runs.', default: true }),
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
      about: 'So many requests at the public entry end without a 5xx; who asks for the health does not count.',
      from: '90%',
      to: '99.99%',
      default: '99.9%',
    }),
    /** Milliseconds. */
    window: duration({
      about: 'Over so long, at most as long as figures are kept.',
      from: '1d',
      to: '365d',
      default: '15d',
    }),
  }).prefault({}),
  size: hostSize('a monitoring host', { cpus: 1, memory: '1GB' }),
}).prefault({});
