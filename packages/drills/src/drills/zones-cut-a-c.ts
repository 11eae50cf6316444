import { zonesCut } from '../shapes/zones-cut.ts';

export default zonesCut('a', 'c', {
  name: 'zones-cut-a-c',
  title: 'Zone a loses sight of the witness, zone c: nothing else is lost',
});
