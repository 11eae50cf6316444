import { readFileSync } from 'node:fs';

/**
 * When a process started, in clock ticks since boot, or null if there is no such process. Together with the pid it
 * names a process for good: a pid alone may have been given to another one.
 */
export function processStartTime(pid: number): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The command name, in parentheses, may hold spaces: fields count from the last one.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? null : Number(fields[19]);
  } catch {
    return null;
  }
}

/** What identifies a running process over time. */
export interface ProcessIdentity {
  pid: number;
  startTime: number;
}

/** A process that runs now. */
export function identityOf(pid: number): ProcessIdentity {
  return { pid, startTime: processStartTime(pid) ?? 0 };
}

/** This process. */
export function ownIdentity(): ProcessIdentity {
  return identityOf(process.pid);
}

/** True while exactly that process runs. */
export function isAlive(identity: ProcessIdentity): boolean {
  return processStartTime(identity.pid) === identity.startTime;
}

/** Polls until `condition` holds. @returns whether it held before `timeoutMs` ran out */
export async function waitUntil(
  condition: () => boolean | Promise<boolean>,
  timeoutMs: number,
  intervalMs = 50,
): Promise<boolean> {
  const end = performance.now() + timeoutMs;
  for (;;) {
    if (await condition()) return true;
    if (performance.now() >= end) return false;
    await new Promise((resolve) => setTimeout(resolve, intervalMs));
  }
}
