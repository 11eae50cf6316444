export interface ServerState {
  name: string;
  state: 'healthy' | 'unhealthy' | 'draining' | 'disabled';
}

/**
 * Servers of one back end in HAProxy's `show stat` answer.
 *
 * @see HAProxy management guide, §9.1 (CSV format), columns pxname, svname, status
 */
export function parseServerStates(csv: string, backend: string): ServerState[] {
  const [header = '', ...rows] = csv.trim().split('\n');
  const columns = header.replace(/^# /, '').split(',');
  const [px, sv, st] = ['pxname', 'svname', 'status'].map((name) => columns.indexOf(name)) as [number, number, number];
  return rows
    .map((row) => row.split(','))
    .filter((cells) => cells[px] === backend && cells[sv] !== 'BACKEND' && cells[sv] !== 'FRONTEND')
    .map((cells) => ({ name: cells[sv] ?? '', state: serverState(cells[st] ?? '') }));
}

/** `UP`, `UP 1/3` (going down) and `no check` take traffic; `DRAIN`, `NOLB` finish what they have; `MAINT` is out by order. */
function serverState(status: string): ServerState['state'] {
  if (/^UP|^no check|^OPEN/.test(status)) return 'healthy';
  if (/^DRAIN|^NOLB/.test(status)) return 'draining';
  if (/^MAINT/.test(status)) return 'disabled';
  return 'unhealthy';
}
