import { describe, expect, it } from 'vitest';
import { type Act, candidates, decide, type Known, type Look, NOTHING_KNOWN, RESERVE_BYTES } from './room.ts';

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

  it('was heard when it is no primary any more, though the answer did not come in time', () => {
    const { known } = watch([...times(3, full), { ...released, isPrimary: false }]);
    expect(known).toMatchObject({ askedAtMs: undefined, handedOverAtMs: 2000 });
  });

  it('makes no two servers with full disks hand over to and fro', () => {
    const known: Known = { ...NOTHING_KNOWN, handedOverAtMs: 0 };
    expect(watch(times(600, full), known).acts).toEqual([]);
    expect(watch(times(601, full), known).acts).toEqual([[600, 'hand over']]);
  });

  it('gets the rest of its reserve once there is room, where only a part of it could be laid aside again', () => {
    expect(watch([{ freeBytes: 0, reservedBytes: 40 * MB, isPrimary: false }]).acts).toEqual([]);
    expect(watch([{ ...wide, reservedBytes: 40 * MB }]).acts).toEqual([[0, 'reserve']]);
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
  const api_url = 'http://10.0.0.1:8008/patroni';
  it.each([
    ['streams', { role: 'sync_standby', state: 'streaming' }, [api_url]],
    ['streams, asynchronously', { role: 'replica', state: 'streaming' }, [api_url]],
    ['is a read replica', { role: 'replica', state: 'streaming', tags: { nofailover: true } }, []],
    ['does not run', { role: 'replica', state: 'stopped' }, []],
    ['is the primary', { role: 'leader', state: 'running' }, []],
  ])('that %s', (_what, member, urls) => {
    expect(candidates([{ ...member, api_url }], false)).toEqual(urls);
  });

  it('is a synchronous one where that is the mode', () => {
    const members = ['replica', 'sync_standby'].map((role) => ({
      role,
      state: 'streaming',
      api_url: `http://${role}`,
    }));
    expect(candidates(members, true)).toEqual(['http://sync_standby']);
  });
});
