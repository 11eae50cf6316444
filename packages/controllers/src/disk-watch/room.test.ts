import { describe, expect, it } from 'vitest';
import { type Act, decide, type Known, type Look, mayTakeOver, NOTHING_KNOWN, RESERVE_BYTES } from './room.ts';

const MB = 1024 ** 2;

/** Looks at one second each. @returns when what was done, in seconds */
function watch(looks: readonly Look[], begin: Known = NOTHING_KNOWN): { acts: [number, Act][]; known: Known } {
  let known = begin;
  const acts: [number, Act][] = [];
  for (const [second, look] of looks.entries()) {
    const decided = decide(known, look, second * 1000);
    known = decided.known;
    if (decided.act) acts.push([second, decided.act]);
  }
  return { acts, known };
}

const times = (count: number, look: Look): Look[] => Array<Look>(count).fill(look);
const wide: Look = { freeBytes: 1000 * MB, reservedBytes: RESERVE_BYTES, isPrimary: true };
const full: Look = { freeBytes: 0, reservedBytes: RESERVE_BYTES, isPrimary: true };
/** The reserve was given back. */
const released: Look = { freeBytes: RESERVE_BYTES, reservedBytes: 0, isPrimary: true };

describe('the room on the disk of a database server', () => {
  it('has a reserve, where there is enough beside it', () => {
    expect(watch([{ ...wide, reservedBytes: 0 }, wide]).acts).toEqual([[0, 'reserve']]);
    expect(watch(times(3, { ...wide, freeBytes: 100 * MB, reservedBytes: 0 })).acts).toEqual([]);
  });

  it('is full for two seconds before the standby is to take over', () => {
    expect(watch(times(4, full)).acts).toEqual([[2, 'hand over']]);
    expect(watch([full, full, wide, full, full]).acts).toEqual([]);
  });

  it('is asked for again while nobody takes over: what the reserve gave back is no room', () => {
    expect(watch([...times(3, full), ...times(9, released)]).acts).toEqual([
      [2, 'hand over'],
      [7, 'hand over'],
    ]);
  });

  it('says nothing of a standby, nor of a server whose agent is silent', () => {
    expect(watch(times(5, { ...full, isPrimary: false })).acts).toEqual([]);
    expect(watch(times(5, { ...full, isPrimary: undefined })).acts).toEqual([]);
  });

  it('makes no two servers with full disks hand over to and fro', () => {
    const known: Known = { ...NOTHING_KNOWN, handedOverAtMs: 0 };
    expect(watch(times(600, full), known).acts).toEqual([]);
    expect(watch(times(601, full), known).acts).toEqual([[600, 'hand over']]);
  });

  it('gets its reserve back once there is room', () => {
    const { acts } = watch([...times(3, full), { ...released, isPrimary: false }, { ...wide, reservedBytes: 0 }]);
    expect(acts).toEqual([
      [2, 'hand over'],
      [4, 'reserve'],
    ]);
  });
});

describe('a standby', () => {
  it.each([
    ['streams', { role: 'sync_standby', state: 'streaming' }, true],
    ['streams, asynchronously', { role: 'replica', state: 'streaming' }, true],
    ['is a read replica', { role: 'replica', state: 'streaming', tags: { nofailover: true } }, false],
    ['does not run', { role: 'replica', state: 'stopped' }, false],
    ['is the primary', { role: 'leader', state: 'running' }, false],
  ])('that %s', (_what, member, may) => {
    expect(mayTakeOver([member])).toBe(may);
  });
});
