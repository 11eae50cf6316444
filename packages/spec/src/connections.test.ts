import { expect, it } from 'vitest';
import { derivedMaxConnections, effectiveMaxConnections } from './connections.ts';
import { parseSpec } from './load.ts';

it.each([
  ['{}', 420, 420],
  ['database: { maxConnections: 300 }', 420, 300],
  ['database: { pool: { max: 10 } }', 220, 220],
  ['application: { autoScaling: { max: 20 } }', 820, 820],
])('max_connections of %s', (text, derived, effective) => {
  const spec = parseSpec(text, 'test.yaml');
  expect(derivedMaxConnections(spec)).toBe(derived);
  expect(effectiveMaxConnections(spec)).toBe(effective);
});
