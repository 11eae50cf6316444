import { totalmem } from 'node:os';

/** Memory of this machine in bytes; less where this process may have less. */
export function machineMemory(): number {
  const constrained = process.constrainedMemory();
  return constrained > 0 ? Math.min(totalmem(), constrained) : totalmem();
}
