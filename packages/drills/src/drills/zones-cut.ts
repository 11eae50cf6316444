import { zonesCut } from '../shapes/zones-cut.ts';

export default zonesCut('a', 'b', {
  name: 'zones-cut',
  title: 'Zones a and b lose sight of each other, and both of them see zone c: one primary, one address',
});
