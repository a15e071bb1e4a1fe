/**
 * What `npm run test:law` runs: the law, in about as many cases as hit every required cell often enough, each kind of them in a process
 * of its own. Of the law nothing else reads the environment.
 */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import type { LawSettings } from './law-settings.ts';
import type { LawKind } from './script.ts';

const fullRun = 4_000;
const leastHits = 50;

const { env } = process;
/** Where CI wants the results as JSON. */
const report = env['WS_LLM_TEST_REPORT'];
const cases = Number(env['WS_LLM_LAW_CASES'] ?? fullRun);
/** Those of a failure show it again. */
const seed = env['WS_LLM_LAW_SEED'];
const path = env['WS_LLM_LAW_PATH'];

const root = fileURLToPath(new URL('../../..', import.meta.url));
const kinds: readonly LawKind[] = ['threads', 'mirrors', 'plain'];

function settingsOf(kind: LawKind): LawSettings {
  return {
    kinds: [kind],
    cases,
    leastHits: cases >= fullRun && path === undefined ? leastHits : 0,
    showsTable: true,
    ...(seed !== undefined && { seed: Number(seed) }),
    ...(path !== undefined && { path }),
  };
}

export default defineConfig({
  root,
  test: {
    projects: kinds.map((kind) => ({
      root,
      resolve: { conditions: ['source'] },
      ssr: { resolve: { conditions: ['source'], externalConditions: ['source'] } },
      test: {
        name: kind,
        include: ['ws-llm-server/test/law/law.test.ts'],
        provide: { law: settingsOf(kind) },
      },
    })),
    // All at once: each waits now and then.
    maxWorkers: kinds.length,
    reporters: ['default', ...(report === undefined ? [] : (['json'] as const))],
    ...(report !== undefined && { outputFile: { json: report } }),
  },
});
