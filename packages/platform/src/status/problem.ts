import { type DamageCheck, ENGINES, type MemberCheck } from '@sbmcrm/engines';

/**
 * What can be wrong with a platform, apart from single engines. A code is part of the contract: scripts look for it, and docs/runbooks says under it what to do.
 * Add, never rename.
 */
const OWN_CODES = [
  'PLATFORM_DOWN',
  'PORT_SHADOWED',
  'MACHINE_DISK_LOW',
  'CLOUD_SILENT',
  'HOST_MISSING',
  'HOST_DISK_FAILED',
  'HOST_DISK_GONE',
  'HOST_DISK_LOW',
  'HOST_STOPPED',
  'HOST_PAUSED',
  'HOST_ISOLATED',
  'HOST_FENCED',
  'SERVICE_DOWN',
  'DATABASE_NO_PRIMARY',
  'DATABASE_NOT_RUNNING',
  'DATABASE_BEHIND',
  'DATABASE_REPLAY_PAUSED',
  'DATABASE_UNPROTECTED',
  'DATABASE_CHECKSUM',
  'DATABASE_SLOT_HOLDS',
  'DATABASE_COPY_MISSING',
  'DATABASE_LOGIN_REFUSED',
  'CACHE_LOGIN_REFUSED',
  'ETCD_LOGIN_REFUSED',
  'CERTIFICATES_END',
  'CACHE_NO_PRIMARY',
  'CACHE_NOT_LINKED',
  'SENTINEL_SILENT',
  'ADDRESS_UNHELD',
  'ADDRESS_HELD_TWICE',
  'SCALING_HELD',
  'SERVER_OUT',
  'SERVER_SILENT',
  'SERVER_UNWELL',
  'SERVER_REMARK',
  'EXTERNAL_API_AWAY',
  'HEALTH_PATH_WRONG',
  'ENTRY_SILENT',
  'CANARY_FAILED',
  'ALERTS_SILENT',
  'FAULT_INJECTED',
] as const;
export type ProblemCode =
  | (typeof OWN_CODES)[number]
  | MemberCheck['problem']
  | NonNullable<MemberCheck['noQuorum']>['problem']
  | NonNullable<MemberCheck['full']>['problem']
  | DamageCheck['problem'];

/** All of them, those of engines included. */
export const PROBLEM_CODES: readonly ProblemCode[] = [
  ...OWN_CODES,
  ...Object.values(ENGINES).flatMap(({ member, damage }) =>
    [member?.problem ?? [], member?.noQuorum?.problem ?? [], member?.full?.problem ?? [], damage?.problem ?? []].flat(),
  ),
];

/** What is no problem; part of the contract as {@link OWN_CODES} are. */
export const NOTICE_CODES = ['DATABASE_COPY_KEPT', 'MAINTENANCE', 'ROTATION_UNFINISHED', 'ALERTS_SILENCED'] as const;

export interface Notice {
  code: (typeof NOTICE_CODES)[number];
  host?: string;
  /** One line for people. */
  text: string;
}

export interface Problem {
  code: ProblemCode;
  /** The host that it is about; missing where it is about more than one. */
  host?: string;
  /** One line for people: what, where, and what to do where that is one command. */
  text: string;
}
