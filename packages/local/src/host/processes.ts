import { readFileSync } from 'node:fs';

interface ProcessInfo {
  pid: number;
  parent: number;
  /** pid inside the host. */
  innerPid: number;
}

function info(pid: number): ProcessInfo | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'latin1');
    const parent = Number(/^PPid:\s+(\d+)/m.exec(status)?.[1]);
    const innerPid = Number(/^NSpid:.*\s(\d+)$/m.exec(status)?.[1]);
    return { pid, parent, innerPid };
  } catch {
    return undefined;
  }
}

/**
 * The processes of one service as pids of this machine: its main process, and everything below it.
 *
 * @param all every process of the host, as pids of this machine
 * @param mainPid the service's main process as the host numbers it
 * @param hasChild what is below it is a service of its own
 */
export function serviceProcesses(all: readonly number[], mainPid: number, hasChild: boolean): number[] {
  const known = all.map(info).filter((each) => each !== undefined);
  const main = known.find((each) => each.innerPid === mainPid);
  if (!main) return [];
  if (hasChild) return [main.pid];
  const found = new Set([main.pid]);
  for (let before = 0; before !== found.size; ) {
    before = found.size;
    for (const each of known) if (found.has(each.parent)) found.add(each.pid);
  }
  return [...found];
}
