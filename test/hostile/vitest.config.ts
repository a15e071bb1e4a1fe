/**
 * What `npm run test:hostile` runs: every attack against the built server
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

/** Their figures are the point, so nothing else may run beside them. */
const measured = ['demo-patterns', 'endless-model', 'idle-sockets', 'memory', 'requests'].map(
  (name) => `test/hostile/${name}.test.ts`,
);
const budget = ['test/hostile/budget.test.ts'];

const root = fileURLToPath(new URL('../..', import.meta.url));

export default defineConfig({
  root,
  test: {
    projects: [
      project({ name: 'correct', exclude: [...measured, ...budget], maxWorkers: 2, groupOrder: 0 }),
      project({ name: 'measured', include: measured, maxWorkers: 1, groupOrder: 1 }),
      project({ name: 'budget', include: budget, maxWorkers: 1, groupOrder: 2 }),
    ],
    reporters: ['default', new FiguresReporter(), ...(report === undefined ? [] : (['json'] as const))],
    ...(report !== undefined && { outputFile: { json: report } }),
  },
});

interface ProjectOptions {
  name: string;
  include?: string[];
  exclude?: string[];
  maxWorkers: number;
  /** Groups run one after the other. */
  groupOrder: number;
}

function project({ groupOrder, include = ['test/hostile/**/*.test.ts'], ...rest }: ProjectOptions) {
  return {
    root,
    resolve: { conditions: ['source'] },
    ssr: { resolve: { conditions: ['source'], externalConditions: ['source'] } },
    test: {
      ...rest,
      include,
      sequence: { groupOrder },
      provide: { serverCode: 'built' as const, budgetSeconds },
      testTimeout: 30_000,
      hookTimeout: 60_000,
    },
  };
}
