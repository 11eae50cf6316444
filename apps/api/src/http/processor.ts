import { performance } from 'node:perf_hooks';

/** It is looked at so often, in milliseconds. */
const LOOK_MS = 500;

/** How busy this process is. */
export class Processor {
  /** Share of the time that the event loop had something to do, 0 to 1: also while it had to wait for a processor. */
  busy = 0;
  /** Share of one processor that this process used: what it would take of a machine that nobody else is at. */
  used = 0;
  #lookedAtMs = performance.now();
  #loop = performance.eventLoopUtilization();
  #cpu = process.cpuUsage();

  /** @returns whether it was looked at anew */
  look(nowMs: number): boolean {
    const elapsedMs = nowMs - this.#lookedAtMs;
    if (elapsedMs < LOOK_MS) return false;
    const loop = performance.eventLoopUtilization();
    const cpu = process.cpuUsage();
    this.busy = performance.eventLoopUtilization(loop, this.#loop).utilization;
    this.used = (cpu.user + cpu.system - this.#cpu.user - this.#cpu.system) / 1000 / elapsedMs;
    [this.#loop, this.#cpu, this.#lookedAtMs] = [loop, cpu, nowMs];
    return true;
  }
}
