import { CODE_DIR, type RenderContext, runScript, type ServiceBundle } from '../common/context.ts';

/** What Patroni takes for its watchdog device is here, and goes with the host's power. */
const FOLDER = '/run/guard';
export const GUARD_PIPE = `${FOLDER}/watchdog`;

/**
 * So long before the end of its lease a server is killed that was not told of a renewal: in that time a look comes late, and a renewal
 * was written later than it was granted.
 */
export const SAFETY_MARGIN_MS = 5000;

/** Makes the pipe. Patroni and the guard start together, and each needs it. */
export function makePipe(): string[] {
  return [
    `install -d -o postgres -g postgres -m 0700 ${FOLDER}`,
    `mkfifo -m 0600 ${GUARD_PIPE} 2>/tmp/guard.err || [ -p ${GUARD_PIPE} ]`,
    `chown postgres:postgres ${GUARD_PIPE}`,
  ];
}

/** Kills a PostgreSQL whose Patroni hangs or is gone before its lease ends. As PostgreSQL's user: it may kill nothing else. */
export function guardService({ spec }: Pick<RenderContext, 'spec'>): ServiceBundle {
  const timeoutMs = spec.database.leaseTtl - SAFETY_MARGIN_MS;
  const node = `${CODE_DIR}/node_modules/.bin/node --max-old-space-size=16 --max-semi-space-size=1`;
  return {
    name: 'guard',
    run: runScript(
      ...makePipe(),
      `cd ${CODE_DIR}`,
      `exec chpst -u postgres ${node} packages/controllers/src/guard/main.ts ${GUARD_PIPE} ${FOLDER}/renewed ${timeoutMs}`,
    ),
    files: [],
  };
}
