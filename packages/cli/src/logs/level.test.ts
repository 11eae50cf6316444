import { expect, it } from 'vitest';
import { isAtLeast, levelOf } from './level.ts';

it.each([
  ['{"level":"warn","ts":"2026-11-29T13:55:10.761784Z","msg":"lost"}', 'warning'],
  ['{"level":"fatal","msg":"failed to open WAL"}', 'error'],
  ['{"level":20,"msg":"x"}', 'debug'],
  ['{"level":30,"time":1795960513599,"msg":"listening"}', 'info'],
  ['{"level":40,"msg":"refused"}', 'warning'],
  ['{"level":60,"msg":"x"}', 'error'],
  ['{"requestId":"x","status":504}', 'error'],
  ['{"requestId":"x","status":400}', 'info'],
  ['{"level":"warn', 'info'],
  ['15:X 29 Nov 2026 13:55:10.763 # WARNING Memory overcommit must be enabled!', 'warning'],
  ['26:C 29 Nov 2026 13:55:11.322 * Fork CoW for RDB', 'info'],
  ['26:M 29 Nov 2026 13:55:11.322 . accepted', 'debug'],
  ['2026-11-29 13:56:17.194 UTC [138] LOG:  starting PostgreSQL 17.12', 'info'],
  ['2026-11-29 13:56:17.194 UTC [138] sbmcrm@sbmcrm_production FATAL:  terminating connection', 'error'],
  ['2026-11-29 13:56:17.194 UTC [138] PANIC:  could not write', 'error'],
  ['2026-11-29 13:56:17,194 WARNING: Postgresql is not running.', 'warning'],
  ['INFO no action. I am (postgres-a), a secondary', 'info'],
  ['ERROR get_cluster', 'error'],
  ['[NOTICE]   (14) : New worker (27) forked', 'info'],
  ['[ALERT]    (14) : config', 'error'],
  ['ts=2026-11-29T13:56:52.480Z caller=main.go:973 level=warn msg="Received"', 'warning'],
  ['time=2026-11-29T13:55:11.700Z level=WARN source=main.go:141 msg="level=error"', 'warning'],
  ['the server leads: it is killed 15000 ms after a renewal', 'info'],
  ['said ERROR: as a quotation', 'info'],
  ['', 'info'],
])('%s is %s', (text, level) => {
  expect(levelOf(text)).toBe(level);
});

it('is at least one that is as grave, or less', () => {
  expect([isAtLeast('error', 'warning'), isAtLeast('warning', 'warning'), isAtLeast('info', 'warning')]).toEqual([
    true,
    true,
    false,
  ]);
});
