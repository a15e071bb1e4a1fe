/** What `npm test` runs: everything that needs Node alone. The real parts have their own configuration. */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { conditions: ['source'] },
  ssr: { resolve: { conditions: ['source'], externalConditions: ['source'] } },
  test: {
    include: ['*/test/**/*.test.ts', 'test/*.test.ts', 'test/stand-ins/**/*.test.ts'],
    exclude: ['**/node_modules/**', 'test/real/**'],
    reporters: ['dot'],
    testTimeout: 10_000,
  },
});
