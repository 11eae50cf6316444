import { initial } from './0001-initial.ts';
import { transfers } from './0002-transfers.ts';
import { canary } from './0003-canary.ts';
import { userReferences } from './0004-user-references.ts';
import { ledgerByDay } from './0005-ledger-by-day.ts';
import type { Migration } from './migration.ts';

/** Forward only: a released migration never changes, a mistake is mended by the next one. */
export const migrations: readonly Migration[] = [initial, transfers, canary, userReferences, ledgerByDay];
