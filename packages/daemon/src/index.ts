import { join } from 'node:path';

export { type Place, type RelaySetting, tokenDigest } from './relay/setting.ts';

/** The local cloud's daemon, for whoever starts it: the file, and the rooms of the code that it is made of. */
export const DAEMON = {
  path: join(import.meta.dirname, 'daemon.ts'),
  rooms: ['daemon', 'local', 'cloud', 'engines', 'errors', 'http', 'topology'],
} as const;
