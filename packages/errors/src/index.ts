/** Exit codes of every command, see docs/reference/cli.md. */
export const EXIT = { done: 0, failed: 1, usage: 2, unhealthy: 3 } as const;

/**
 * Why a command ends without having done what it should. A code is part of the contract: scripts look for it, and
 * docs/reference/errors.md says what it means. Add, never rename. `exit`: with which code the command ends.
 */
export const ERRORS = {
  USAGE: { exit: EXIT.usage, about: 'an option or argument that makes no sense' },
  BAD_SPEC: { exit: EXIT.usage, about: 'the spec has problems; `problems` lists them with their places' },
  UNSAFE_SPEC: { exit: EXIT.failed, about: 'a check of the spec found an error; `--force` goes on all the same' },
  SPEC_CONTRADICTS: {
    exit: EXIT.failed,
    about: 'the spec or an option wants of a platform that is there what it cannot become',
  },
  NO_PLATFORM: { exit: EXIT.failed, about: 'there is no platform in the state folder' },
  NOT_A_STATE_FOLDER: { exit: EXIT.failed, about: 'the state folder holds something else, or is of a newer version' },
  STATE_DAMAGED: {
    exit: EXIT.failed,
    about: 'a file of the state folder cannot be read, or the secrets that its data was made with are not there',
  },
  STATE_LOCKED: { exit: EXIT.failed, about: 'another command works on the same platform' },
  MACHINE_UNFIT: { exit: EXIT.failed, about: 'this machine cannot run hosts, or lacks packages for it' },
  NO_ROOM: { exit: EXIT.failed, about: 'too little room on this machine’s disk' },
  NETWORK_TAKEN: { exit: EXIT.failed, about: 'the platform’s addresses are used on this machine' },
  PORT_TAKEN: { exit: EXIT.failed, about: 'a port, the platform’s or one that was given, is used on this machine' },
  IMAGE_FAILED: { exit: EXIT.failed, about: 'the image of hosts cannot be built, or is gone' },
  HOST_FAILED: { exit: EXIT.failed, about: 'a host did not start, or its disk is damaged' },
  CLOUD_FAILED: { exit: EXIT.failed, about: 'the local cloud’s daemon did not start' },
  UNKNOWN_HOST: { exit: EXIT.failed, about: 'no host has that name' },
  HOST_NOT_RUNNING: { exit: EXIT.failed, about: 'what is asked needs the host to run' },
  NOT_OFFERED: { exit: EXIT.failed, about: 'where the hosts are, there is no such way into them' },
  NOTHING_SAID: { exit: EXIT.failed, about: 'there is no log yet' },
  NOT_IN_TIME: { exit: EXIT.failed, about: 'what was waited for did not come; the message says what is missing' },
  NO_CANDIDATE: { exit: EXIT.failed, about: 'nobody can become primary, or not the one that was named' },
  REFUSED_BY_ENGINE: { exit: EXIT.failed, about: 'PostgreSQL, Patroni, Redis or Sentinel refused, for its own reason' },
  NOT_HEALTHY: { exit: EXIT.failed, about: 'a drill, or new secrets, need a healthy platform' },
  NOTHING_TO_RESUME: { exit: EXIT.usage, about: 'no session of drills was cut, or this version cannot go on with it' },
  BAD_REPORT: { exit: EXIT.usage, about: 'what was named is no report of drills that this version can read' },
  INTERRUPTED: { exit: EXIT.failed, about: 'Ctrl-C; the command can be run again' },
  FAILED: { exit: EXIT.failed, about: 'anything else; `SBMCRM_DEBUG=1` shows where' },
} as const satisfies Record<string, { exit: number; about: string }>;

export type ErrorCode = keyof typeof ERRORS;

/** An error that a user is told in one line: what, where, and what to do. */
export class ToolError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ToolError';
    this.code = code;
  }
}

export { settleAll } from './settle-all.ts';
