/** Whoever writes a backend against the package finds every name that its contract is told in. */
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';

const sourceOf = (path: string): Promise<string> =>
  readFile(new URL(`../src/${path}`, import.meta.url), 'utf8');

test('all that backend.ts exports, the package exports', async () => {
  const contract = await sourceOf('backend.ts');
  const names = [...contract.matchAll(/^export (?:type|interface|class) (\w+)/gm)].map(([, name]) => name);
  expect(names).toContain('Backend');
  const surface = new Set<string | undefined>((await sourceOf('index.ts')).match(/\w+/g));
  expect(names.filter((name) => !surface.has(name))).toEqual([]);
});
