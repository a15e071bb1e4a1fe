/**
 * What `npm run test:hostile` runs: every attack, one after the other, against the built server
 * with a heap of 512 MB, and a table of what was measured.
 */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { FiguresReporter } from './parts/figures-reporter.ts';

const { env } = process;
/** Where CI wants the results as JSON. */
const report = env['WS_LLM_TEST_REPORT'];
/** How long each attack of the budget test lasts. */
const budgetSeconds = Number(env['WS_LLM_HOSTILE_SECONDS'] ?? 60);

export default defineConfig({
  root: fileURLToPath(new URL('../..', import.meta.url)),
  resolve: { conditions: ['source'] },
  ssr: { resolve: { conditions: ['source'], externalConditions: ['source'] } },
  test: {
    include: ['test/hostile/**/*.test.ts'],
    provide: { serverCode: 'built', budgetSeconds },
    // What is measured must not compete with another attack.
    fileParallelism: false,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    reporters: ['default', new FiguresReporter(), ...(report === undefined ? [] : (['json'] as const))],
    ...(report !== undefined && { outputFile: { json: report } }),
  },
});
