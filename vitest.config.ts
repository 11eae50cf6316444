import { defineConfig } from 'vitest/config';
import RightOrder from './tests/e2e/sequencer.ts';

const PLATFORM = {
  environment: 'node',
  setupFiles: 'tests/e2e/each.ts',
  fileParallelism: false,
  // The last resort: every wait in a test has a deadline of its own, which says what did not come.
  testTimeout: 900_000,
  hookTimeout: 900_000,
};

export default defineConfig({
  test: {
    sequence: { sequencer: RightOrder },
    // `npm run coverage`: rooms that only decide have no excuse.
    coverage: {
      include: [
        'packages/{spec,topology,cloud,load,report}/src/**/*.ts',
        'packages/drills/src/{check,capacity}/**/*.ts',
        'packages/platform/src/{cold-start,definitions,down-plan}.ts',
        'packages/platform/src/up/{plan,apply,steps-text}.ts',
        'apps/api/src/resilience/admission/*.ts',
      ],
      // Beside tests: what is a process of its own, or talks to one. It runs in every drill of the suite.
      exclude: [
        '**/*.test.ts',
        '**/index.ts',
        'packages/load/src/{main,process}.ts',
        'packages/load/src/client/{prepare,session,user}.ts',
        'packages/{drills/src/capacity/{platform,search,load-run},spec/src/write-json-schema}.ts',
      ],
      reporter: [['text', { maxCols: 120 }]],
      reportsDirectory: 'node_modules/.coverage',
      thresholds: { lines: 90 },
    },
    projects: [
      {
        // Pure parts: no root, no network, no processes.
        test: {
          name: 'unit',
          include: ['packages/**/*.test.ts', 'apps/**/*.test.ts', 'tests/*.test.ts'],
          environment: 'node',
          // A worker for each file would load the same modules a hundred times: twice the time.
          isolate: false,
          maxWorkers: '100%',
          restoreMocks: true,
          // The last resort, on a busy machine too.
          testTimeout: 60_000,
        },
      },
      {
        // Black-box tests on a real platform: one file after the other, they share two cores.
        test: {
          ...PLATFORM,
          name: 'e2e',
          include: ['tests/e2e/*.test.ts'],
          globalSetup: 'tests/e2e/setup.ts',
        },
      },
      {
        // Those that need no platform, or one of their own: they run while the shared one boots and is looked at.
        test: {
          ...PLATFORM,
          name: 'beside',
          include: ['tests/e2e/beside/*.test.ts'],
          globalSetup: 'tests/e2e/beside/setup.ts',
        },
      },
    ],
  },
});
