/** What `npm run test:real` runs: the whole path on real parts, one file after the other. */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** Where CI wants the results as JSON. */
const report = process.env['WS_LLM_TEST_REPORT'];

export default defineConfig({
  root: fileURLToPath(new URL('../..', import.meta.url)),
  resolve: { conditions: ['source'] },
  ssr: { resolve: { conditions: ['source'], externalConditions: ['source'] } },
  test: {
    include: ['test/real/**/*.test.ts'],
    globalSetup: [fileURLToPath(new URL('parts/require-parts.ts', import.meta.url))],
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 180_000,
    // LiveKit's own client writes its debug log otherwise.
    env: { NODE_ENV: 'production' },
    reporters: ['default', ...(report === undefined ? [] : (['json'] as const))],
    ...(report !== undefined && { outputFile: { json: report } }),
  },
});
