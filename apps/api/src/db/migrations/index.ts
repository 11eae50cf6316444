import { initial } from './0001-initial.ts';

export interface Migration {
  /** One more than the one before. */
  id: number;
  name: string;
  sql: string;
}

/** Forward only: a released migration never changes, a mistake is mended by the next one. */
export const migrations: readonly Migration[] = [initial];
