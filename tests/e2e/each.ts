import { afterEach } from 'vitest';
import { endChildren } from './cli.ts';

// A drill that a failed test left behind would break the tests after it.
afterEach(endChildren);
