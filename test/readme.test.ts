/** README tells the truth: its commands exist, its links lead somewhere, its variables are in .env.example, its layout is the tree. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (path: string): string => readFileSync(`${root}${path}`, 'utf8');
const readme = read('README.md');
const manifest = JSON.parse(read('package.json')) as {
  scripts: Record<string, string>;
  workspaces: string[];
};

test('every npm command that README names exists', () => {
  const named = [...readme.matchAll(/npm (?:run )?([a-z][\w:]*)/g)].map(([, name]) => name ?? '');
  const known = [...Object.keys(manifest.scripts), 'ci', 'pack', 'test', 'start'];
  expect(named.length).toBeGreaterThan(5);
  expect(named.filter((name) => !known.includes(name))).toEqual([]);
});

test('every relative link in README leads to a file', () => {
  const links = [...readme.matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map(([, path]) => path ?? '');
  expect(links.length).toBeGreaterThan(2);
  expect(links.filter((path) => !existsSync(`${root}${path}`))).toEqual([]);
});

test("README's layout is the tree's", () => {
  const listed = [...readme.matchAll(/^\| `([\w-]+)\/` \|/gm)].map(([, name]) => name);
  expect(listed).toEqual(expect.arrayContaining(manifest.workspaces));
  expect(listed.filter((name) => !existsSync(`${root}${name}`))).toEqual([]);
});

test('every variable that README names is in .env.example', () => {
  const example = read('.env.example');
  const named = new Set([...readme.matchAll(/\b([A-Z]+_[A-Z_]+)\b/g)].map(([, name]) => name ?? ''));
  expect([...named].filter((name) => !example.includes(`${name}=`))).toEqual([]);
});

/** The plugin's own session is run from its tarball by the tests on real parts. */
test("README's session is the one of the plugin's README", () => {
  const session = (text: string): string | undefined => /```ts\n(import[^]*?)```/.exec(text)?.[1];
  expect(session(readme)).toBeDefined();
  expect(session(readme)).toBe(session(read('provider/README.md')));
});
