/** Builds the server's process into one file: reading hundreds takes longer than everything else that a start does (docs/decisions/0005). */
import { defineConfig } from 'rolldown';

export default defineConfig({
  input: 'src/main.ts',
  platform: 'node',
  // Only for people at a terminal.
  external: ['pino-pretty'],
  resolve: { conditionNames: ['source', 'node', 'import'] },
  output: { file: 'dist/main.js', format: 'esm', codeSplitting: false },
});
