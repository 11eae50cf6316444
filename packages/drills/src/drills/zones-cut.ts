import { zonesCut } from '../shapes/zones-cut.ts';

export default zonesCut('a', 'b', {
  name: 'zones-cut',
  title: 'Zones a and b lose sight of each other, and both of them see zone c: one primary, one address',
  knownLimit:
    'no request fails, but the cache’s master is without its standby and out of sight of half the servers: /health says unhealthy',
});
