import { formatDuration, parseDuration } from '../units.ts';
import { type Rule, set } from './finding.ts';

export const cacheNotPersistent: Rule = {
  name: 'cache-not-persistent',
  severity: 'warning',
  find({ cache: { persistence } }) {
    if (persistence.aof || persistence.rdb > 0) return [];
    return [
      {
        path: 'cache.persistence',
        message: 'neither snapshots nor the append-only file are written',
        reason: 'after both hosts restart the cache is empty, and every read goes to the database at once',
        fix: set({ 'cache.persistence.aof': true }),
      },
    ];
  },
};

export const storageSameRegion: Rule = {
  name: 'storage-same-region',
  severity: 'error',
  find({ storage: { replication }, regions }) {
    if (replication.targetRegion !== 'primary') return [];
    return [
      {
        path: 'storage.replication.targetRegion',
        message: `files are copied to ${regions.primary}, where they are already`,
        reason: 'when the region fails the files and their copies fail together',
        fix: set({ 'storage.replication.targetRegion': 'secondary' }),
      },
    ];
  },
};

export const versioningOff: Rule = {
  name: 'versioning-off',
  severity: 'warning',
  find({ storage }) {
    if (storage.versioning) return [];
    return [
      {
        path: 'storage.versioning',
        message: 'an overwritten or deleted file is gone',
        reason: 'replication copies the mistake to the other region within moments: it is no backup',
        fix: set({ 'storage.versioning': true }),
      },
    ];
  },
};

export const backupOneRegion: Rule = {
  name: 'backup-one-region',
  severity: 'warning',
  find({ backup, regions }) {
    if (backup.database.crossRegion) return [];
    return [
      {
        path: 'backup.database.crossRegion',
        message: `database backups stay in ${regions.primary}`,
        reason: 'when the region fails the database and all its backups fail together',
        fix: set({ 'backup.database.crossRegion': true }),
      },
    ];
  },
};

export const noPointInTime: Rule = {
  name: 'no-point-in-time',
  severity: 'warning',
  find({ backup }) {
    if (backup.database.pointInTimeRecovery) return [];
    return [
      {
        path: 'backup.database.pointInTimeRecovery',
        message: 'only the daily backups can be restored',
        reason: 'a wrong DELETE is replicated everywhere at once, and going back costs up to a day of writes',
        fix: set({ 'backup.database.pointInTimeRecovery': true }),
      },
    ];
  },
};

/** A mistake made before the weekend is noticed after it. */
const SHORTEST_RETENTION = '7d';

export const shortRetention: Rule = {
  name: 'short-retention',
  severity: 'warning',
  find({ backup }) {
    return (['database', 'files'] as const)
      .filter((what) => backup[what].retention < parseDuration(SHORTEST_RETENTION))
      .map((what) => ({
        path: `backup.${what}.retention`,
        message: `backups are kept for ${formatDuration(backup[what].retention)}, less than a week`,
        reason: 'damage that is noticed late is in every backup that is left',
        fix: set({ [`backup.${what}.retention`]: SHORTEST_RETENTION }),
      }));
  },
};
