import { zonesCut } from '../shapes/zones-cut.ts';

export default zonesCut('b', 'c', {
  name: 'zones-cut-b-c',
  title: 'Zone b loses sight of the witness, zone c: nothing else is lost',
});
