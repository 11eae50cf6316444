/**
 * Why a cloud does not do what it was asked for. A code is part of the port: callers look for it. `status`: what HTTP says, and so
 * whose fault it is.
 */
export const CLOUD_ERRORS = {
  VALIDATION: { status: 400, about: 'a value of the request has the wrong form' },
  BAD_REQUEST: { status: 400, about: 'the request cannot be read' },
  BAD_FAULT: { status: 400, about: 'a fault that its kind does not take: target, option or time' },
  UNAUTHENTICATED: { status: 401, about: 'no token, or none of this cloud’s' },
  FORBIDDEN: { status: 403, about: 'the token may do something else' },
  NOT_FOUND: { status: 404, about: 'there is no such call' },
  UNKNOWN_HOST: { status: 404, about: 'no host has that name' },
  UNKNOWN_SERVICE: { status: 404, about: 'the host has no such service' },
  UNKNOWN_ZONE: { status: 404, about: 'no host is in such a zone' },
  UNKNOWN_REGION: { status: 404, about: 'no host is in such a region' },
  UNKNOWN_BACKEND: { status: 404, about: 'nothing of that name is behind the load balancers' },
  UNKNOWN_FAULT: { status: 404, about: 'no fault has that id, or it has ended' },
  UNKNOWN_TASK: { status: 404, about: 'the schedule of the spec has no such task' },
  TASK_BUSY: { status: 409, about: 'another task runs: ask again later' },
  UNKNOWN_PLACE: { status: 404, about: 'the fleet has no such place' },
  FLEET_BUSY: { status: 409, about: 'a command changes the platform: ask again later' },
  NO_CAPACITY: { status: 409, about: 'the zone is lost: nothing starts there' },
  NOT_RUNNING: { status: 409, about: 'the host or service must run for it' },
  FENCED: { status: 409, about: 'the host is fenced, and starts only with that fence’s token' },
  BAD_PATH: { status: 400, about: 'a path that leaves the host’s disk' },
  UNKNOWN_OWNER: { status: 400, about: 'a file of a user that hosts do not have' },
  NO_DISK: { status: 409, about: 'the host has no disk of its own to fill' },
  NOT_OFFERED: { status: 501, about: 'this provider has no such way into its hosts' },
  NO_NETEM: { status: 501, about: 'this machine’s kernel cannot delay frames' },
  FAILED: { status: 500, about: 'anything else; the cloud’s log says more' },
  UNREACHABLE: { status: 503, about: 'the cloud does not answer' },
  DOWN: { status: 503, about: 'the platform is down: nothing is sent' },
} as const satisfies Record<string, { status: number; about: string }>;

export type CloudErrorCode = keyof typeof CLOUD_ERRORS;

/** An error of a cloud, with a stable code. */
export class CloudError extends Error {
  readonly code: string;
  /** As HTTP says it. */
  readonly status: number;

  constructor(code: CloudErrorCode, message: string) {
    super(message);
    this.name = 'CloudError';
    this.status = CLOUD_ERRORS[code].status;
    this.code = code;
  }

  /** One that came over the wire, also from a version that knows more codes than this one. */
  static received(status: number, code: string, message: string): CloudError {
    return Object.assign(new CloudError('FAILED', message), { status, code });
  }
}
