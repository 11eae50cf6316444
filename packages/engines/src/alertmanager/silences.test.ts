import { createServer } from 'node:http';
import { PORTS } from '@sbmcrm/topology';
import { describe, expect, it } from 'vitest';
import { parseSilences, Silencer } from './silences.ts';

const told = (id: string, state: string, endsAt: string, more: object = {}) => ({
  ...{ id, status: { state }, endsAt, startsAt: '2026-01-01T00:00:00Z', createdBy: 'root', comment: 'why' },
  ...{ matchers: [{ name: 'alertname', value: 'HostDown', isRegex: false, isEqual: true }], ...more },
});

describe('silences', () => {
  it('are those that hold, the one that ends first before the others', () => {
    const silences = parseSilences([
      told('a', 'active', '2026-01-03T00:00:00Z'),
      told('b', 'expired', '2026-01-01T00:00:00Z'),
      told('c', 'active', '2026-01-02T00:00:00Z', { comment: 'x\u001b[2Jy'.repeat(100) }),
      { status: { state: 'active' } },
    ]);
    expect(silences.map(({ id }) => id)).toEqual(['c', 'a']);
    expect(silences[0]?.comment).toMatch(/^x \[2Jyx.{193}$/);
    expect(silences[1]?.matchers).toEqual([{ name: 'alertname', value: 'HostDown', isRegex: false, isEqual: true }]);
  });

  it('are made, changed and ended; of who does not answer nothing is known', async () => {
    const address = '127.0.0.93';
    const asked: string[] = [];
    const server = createServer(async (incoming, answer) => {
      let text = '';
      for await (const part of incoming) text += part;
      asked.push(`${incoming.method} ${incoming.url} ${text && (JSON.parse(text) as { id?: string }).id}`);
      if (incoming.method === 'DELETE') answer.writeHead(500).end('silence x already expired');
      else answer.end(JSON.stringify(incoming.method === 'POST' ? { silenceID: 'made' } : [told('a', 'active', 'z')]));
    });
    const silencer = new Silencer({ managementAddress: address }, 'secret');
    expect([await silencer.list(), await silencer.end('x')]).toEqual([undefined, false]);
    await new Promise<void>((resolve) => server.listen(PORTS.alertmanager, address, resolve));
    try {
      const [known] = (await silencer.list()) ?? [];
      const { id = '', ...silence } = known ?? told('', 'active', 'z');
      expect(await silencer.put(silence as never)).toBe('made');
      expect(await silencer.put(silence as never, id)).toBe('made');
      expect(await silencer.end('x')).toBe(true);
      expect(asked).toEqual([
        'GET /api/v2/silences ',
        'POST /api/v2/silences undefined',
        'POST /api/v2/silences a',
        'DELETE /api/v2/silence/x ',
      ]);
    } finally {
      server.close();
    }
  });
});
