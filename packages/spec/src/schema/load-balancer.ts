import { hostSize } from './host-size.ts';
import { block, duration, flag, oneOf, text, wholeNumber } from './scalars.ts';

const healthCheck = block('How the load balancer finds out which API servers are well.', {
  protocol: oneOf(['HTTP'], { about: 'Protocol of the check.' }).prefault('HTTP'),
  // The path goes into HAProxy's configuration: no blanks, quotes or control characters.
  path: text({
    about: 'Path that answers 200 when the server is well.',
    pattern: /^\/[A-Za-z0-9._~/-]{0,199}$/,
    what: 'a URL path such as /health (letters, digits and . _ ~ / -)',
  }).prefault('/health'),
  /** Milliseconds. */
  interval: duration({ about: 'Time between two checks of a server.', from: '500ms', to: '10m', default: '30s' }),
  /** Milliseconds. */
  timeout: duration({ about: 'Longest wait for an answer to a check.', from: '100ms', to: '10m', default: '5s' }),
  healthyThreshold: wholeNumber({ about: 'Good checks in a row that bring a server in.', from: 1, to: 10 }).prefault(2),
  unhealthyThreshold: wholeNumber({ about: 'Bad checks in a row that take a server out.', from: 1, to: 10 }).prefault(
    3,
  ),
});

const sessionPersistence = block('How a client keeps to one server.', {
  type: oneOf(['cookie'], { about: 'By a cookie that the load balancer sets.' }).prefault('cookie'),
  sticky: flag({ about: 'Whether a client keeps to its server.', default: true }),
});

export const loadBalancer = block('The public entry.', {
  type: oneOf(['application'], { about: 'An application (HTTP) load balancer.' }).prefault('application'),
  multiAz: flag({ about: 'A load balancer in zone a and one in zone b.', default: true }),
  healthCheck: healthCheck.prefault({}),
  sessionPersistence: sessionPersistence.prefault({}),
  size: hostSize('a load balancer', { cpus: 2, memory: '1GB' }),
}).prefault({});
