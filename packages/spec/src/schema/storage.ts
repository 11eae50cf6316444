import { formatDuration } from '../units.ts';
import { related } from './related.ts';
import { block, duration, flag, oneOf } from './scalars.ts';

const replication = block('Copies in another region.', {
  targetRegion: oneOf(['primary', 'secondary'], { about: 'Which of `regions` takes the copies.' }).prefault(
    'secondary',
  ),
  rule: oneOf(['all-objects'], { about: 'What is copied.' }).prefault('all-objects'),
});

const lifecycle = related(
  block('What becomes of old objects.', {
    /** Milliseconds. */
    archiveAfter: duration({
      about: 'To the archive after this.',
      from: '1d',
      to: '3650d',
      default: '90d',
      whole: '1d',
    }),
    /** Milliseconds. */
    deleteAfter: duration({ about: 'Deleted after this.', from: '1d', to: '36500d', default: '365d', whole: '1d' }),
  }),
  ['archiveAfter', 'deleteAfter'],
  ({ archiveAfter, deleteAfter }) => {
    if (archiveAfter < deleteAfter) return [];
    const message = `${formatDuration(deleteAfter)} is not after archiveAfter (${formatDuration(archiveAfter)})`;
    return [{ at: ['deleteAfter'], message }];
  },
);

export const storage = block('Object storage for files.', {
  replication: replication.prefault({}),
  versioning: flag({ about: 'Keep the former versions of an object.', default: true }),
  lifecycle: lifecycle.prefault({}),
}).prefault({});
