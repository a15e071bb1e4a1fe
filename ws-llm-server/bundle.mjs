/** Builds the server's process into one file: reading hundreds takes longer than everything else that a start does (docs/decisions/0005). */
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const bundle = await rolldown({
  input: fileURLToPath(new URL('src/main.ts', import.meta.url)),
  platform: 'node',
  // Only for people at a terminal.
  external: ['pino-pretty'],
  resolve: { conditionNames: ['source', 'node', 'import'] },
});
const file = fileURLToPath(new URL('dist/main.js', import.meta.url));
await bundle.write({ file, format: 'esm', codeSplitting: false });
await bundle.close();
