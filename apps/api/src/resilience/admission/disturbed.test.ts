import { describe, expect, it } from 'vitest';
import { Disturbed } from './disturbed.ts';

/** How long a request may wait; a disturbance may last half as long again. */
const DEADLINE_MS = 30_000;

describe('Disturbed', () => {
  it('says that a queue is the backlog of an outage', () => {
    const disturbed = new Disturbed(DEADLINE_MS);
    expect(disturbed.by(0)).toBeUndefined();
    disturbed.outageEnded(1000);
    expect([disturbed.by(1000), disturbed.by(45_999), disturbed.by(46_000)]).toEqual(['outage', 'outage', undefined]);
  });

  it('lets in shorter waits the longer it lasts: a backlog that ends by itself becomes shorter', () => {
    const disturbed = new Disturbed(DEADLINE_MS);
    expect(disturbed.mostWaitMs(0)).toBe(1000);
    disturbed.outageEnded(1000);
    const waits = [1, 10, 11, 25, 45, 46, 60].map((second) => Math.round(disturbed.mostWaitMs(second * 1000)));
    expect(waits).toEqual([Infinity, Infinity, 20_000, 12_000, 1000, 1000, 1000]);
    disturbed.isOver();
    expect(disturbed.mostWaitMs(2000)).toBe(1000);
  });

  it('takes a flood for no stall, and an outage for one all the same', () => {
    const disturbed = new Disturbed(DEADLINE_MS);
    disturbed.stalled(0);
    disturbed.isFlood();
    expect([disturbed.by(1), disturbed.mostWaitMs(1)]).toEqual([undefined, 1000]);
    disturbed.outageEnded(1000);
    disturbed.isFlood();
    expect(disturbed.by(1001)).toBe('outage');
  });

  it.each([0, 500])('does not last for ever by stalls, the first one after %d ms', (firstMs) => {
    const disturbed = new Disturbed(DEADLINE_MS);
    const isDisturbed: number[] = [];
    for (let nowMs = firstMs; nowMs <= 120_000; nowMs += 1000) {
      disturbed.stalled(nowMs);
      if (disturbed.by(nowMs) === 'stall') isDisturbed.push(nowMs);
    }
    expect(isDisturbed).toHaveLength(45);
    expect(isDisturbed.at(-1)).toBeLessThan(45_000 + firstMs);
  });

  it('is that of the outage when there are stalls in it', () => {
    const disturbed = new Disturbed(DEADLINE_MS);
    disturbed.outageEnded(0);
    disturbed.stalled(40_000);
    expect([disturbed.by(44_000), disturbed.by(46_000)]).toEqual(['outage', undefined]);
  });

  it('counts anew once nobody waited', () => {
    const disturbed = new Disturbed(DEADLINE_MS);
    disturbed.stalled(0);
    disturbed.isOver();
    expect(disturbed.by(1)).toBeUndefined();
    disturbed.stalled(100_000);
    expect([disturbed.by(144_999), disturbed.by(145_000)]).toEqual(['stall', undefined]);
  });
});
