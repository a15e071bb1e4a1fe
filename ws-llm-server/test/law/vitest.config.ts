/** What `npm run test:law` runs: the law in as many cases as hit every required cell. Nothing else of it reads the environment. */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import type { LawSettings } from './law-settings.ts';

/** Nearly as many as hit every required cell so often. */
const fullRun = 4_000;
const leastHits = 50;

const { env } = process;
/** Where CI wants the results as JSON. */
const report = env['WS_LLM_TEST_REPORT'];
const cases = Number(env['WS_LLM_LAW_CASES'] ?? fullRun);
const seed = env['WS_LLM_LAW_SEED'];
const path = env['WS_LLM_LAW_PATH'];

const law: LawSettings = {
  cases,
  leastHits: cases >= fullRun && path === undefined ? leastHits : 0,
  showsTable: true,
  ...(seed !== undefined && { seed: Number(seed) }),
  ...(path !== undefined && { path }),
};

export default defineConfig({
  root: fileURLToPath(new URL('../../..', import.meta.url)),
  resolve: { conditions: ['source'] },
  ssr: { resolve: { conditions: ['source'], externalConditions: ['source'] } },
  test: {
    include: ['ws-llm-server/test/law/law-*.test.ts'],
    provide: { law },
    // All kinds at once: each waits now and then.
    maxWorkers: 3,
    reporters: ['default', ...(report === undefined ? [] : (['json'] as const))],
    ...(report !== undefined && { outputFile: { json: report } }),
  },
});
