/** Beside the official plugins ours is right in every row of the comparison, and the faults that theirs are known for show. */
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { startProcess } from './parts/child-process.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

test('npm run bench:plugins finds what is known of each plugin', { timeout: 900_000 }, async () => {
  const bench = await startProcess({
    name: 'bench:plugins',
    command: 'npm',
    args: ['run', '--silent', 'bench:plugins'],
    cwd: root,
  });
  onTestFinished(async () => {
    await bench.stop();
  });
  const { code } = await bench.ended;
  console.log(bench.output);
  expect(code).toBe(0);
});
