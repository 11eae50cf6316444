import { describe, expect, it } from 'vitest';
import { listeningInodes } from './conditions.ts';

const line = (local: string, state: string, inode: string) =>
  `   0: ${local} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000     0        0 ${inode} 1 0000000000000000 100 0 0 10 0`;
const table = (...lines: string[]) => ['  sl  local_address rem_address   st', ...lines, ''].join('\n');

describe('listeningInodes', () => {
  it.each([
    ['127.0.0.1', '0100007F:1F90'],
    ['every address', '00000000:1F90'],
    ['every address, IPv6', `${'0'.repeat(32)}:1F90`],
  ])('finds what listens on the port of %s', (_what, local) => {
    expect(listeningInodes(table(line(local, '0A', '4242')), 8080)).toEqual(['4242']);
  });

  it('passes over connections, other ports and other addresses', () => {
    const others = [
      line('0100007F:1F90', '01', '1'),
      line('0100007F:1F91', '0A', '2'),
      line('0200000A:1F90', '0A', '3'),
    ];
    expect(listeningInodes(table(...others), 8080)).toEqual([]);
  });
});
