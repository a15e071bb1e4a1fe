/** What `npm test` runs: everything that needs Node alone. The real parts have a configuration of their own. */
import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/** Where CI wants the results as JSON. */
const report = process.env['WS_LLM_TEST_REPORT'];

export default defineConfig({
  // Packages of this workspace are tested from their sources, without a build.
  resolve: { conditions: ['source'] },
  ssr: { resolve: { conditions: ['source'], externalConditions: ['source'] } },
  test: {
    include: [
      '*/test/**/*.test.ts',
      'test/*.test.ts',
      'test/stand-ins/**/*.test.ts',
      'test/hostile/quick/*.test.ts',
    ],
    exclude: ['**/node_modules/**', 'test/real/**'],
    reporters: ['dot', ...(report === undefined ? [] : (['json'] as const))],
    ...(report !== undefined && { outputFile: { json: report } }),
    testTimeout: 10_000,
    // Much of it waits for sockets and deadlines, so there is one file more than there are cores.
    maxWorkers: availableParallelism() + 1,
  },
});
