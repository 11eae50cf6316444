import { hostSize } from './host-size.ts';
import { related } from './related.ts';
import { block, text } from './scalars.ts';
import { memberZones } from './zones.ts';

const placeName = (about: string, example: string) =>
  text({
    about,
    pattern: /^[a-z][a-z0-9-]{0,40}$/,
    what: `a name such as ${example} (lower-case letters, digits and hyphens, at most 41)`,
  }).prefault(example);

export const regions = related(
  block('Where it runs, and where copies go.', {
    primary: placeName('Region that serves.', 'ap-southeast-1'),
    secondary: placeName('Region for copies of files and backups.', 'ap-southeast-2'),
  }),
  ['primary', 'secondary'],
  ({ primary, secondary }) =>
    primary === secondary ? [{ at: ['secondary'], message: `"${secondary}" is the primary region too` }] : [],
).prefault({});

export const zones = related(
  block("The vendor's names of the three zones: a and b carry the load, c is the witness.", {
    a: placeName('Zone a.', 'ap-southeast-1a'),
    b: placeName('Zone b.', 'ap-southeast-1b'),
    c: placeName('Zone c, the witness zone.', 'ap-southeast-1c'),
  }),
  ['a', 'b', 'c'],
  ({ a, b, c }) => [
    ...(b === a ? [{ at: ['b'], message: `"${b}" is zone a too` }] : []),
    ...(c === a || c === b ? [{ at: ['c'], message: `"${c}" is zone ${c === a ? 'a' : 'b'} too` }] : []),
  ],
).prefault({});

export const quorum = block('etcd, which keeps who is primary.', {
  zones: memberZones('One etcd member an entry: its zone.'),
  size: hostSize('a quorum host', { cpus: 1, memory: '1GB' }),
}).prefault({});
