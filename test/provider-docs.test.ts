/** No document tells a reader to install one of our packages by its name: none is in a registry. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = new URL('../', import.meta.url);

function tracked(...patterns: string[]): string[] {
  const list = execFileSync('git', ['ls-files', ...patterns], { cwd: fileURLToPath(root), encoding: 'utf8' });
  return list.split('\n').filter(Boolean);
}

const ourPackages = tracked('*package.json').map(
  (path) => (JSON.parse(readFileSync(new URL(path, root), 'utf8')) as { name: string }).name,
);
/** Commands that fetch a package by name. */
const fetches =
  /\b(?:npm (?:install|i|add|exec)|npx|yarn (?:add|dlx)|pnpm (?:add|dlx|i|install))\s+([^\n`]+)/g;

/** Packages of ours that a text has fetched by name. A path or a tarball is no name. */
function fetched(text: string): string[] {
  return [...text.matchAll(fetches)].flatMap(([, words = '']) =>
    words.split(/\s+/).filter((word) => ourPackages.includes(word.replace(/(?<=.)@[^/]*$/, ''))),
  );
}

test('no document has one of our packages installed by name', () => {
  const documents = tracked('*.md', '.env.example').map((path) => ({
    path,
    packages: fetched(readFileSync(new URL(path, root), 'utf8')),
  }));
  expect(documents.length).toBeGreaterThan(5);
  expect(documents.filter(({ packages }) => packages.length > 0)).toEqual([]);
});

test('it notices names, with and without a version, and lets tarballs and other packages pass', () => {
  expect(fetched('npm install livekit-agents-plugin-ws-llm @livekit/agents')).toHaveLength(1);
  expect(fetched('npx ws-llm-server@latest')).toHaveLength(1);
  expect(fetched('npm i @ws-llm/client@0.1.0')).toHaveLength(1);
  expect(fetched('npm install ./livekit-agents-plugin-ws-llm-0.1.0.tgz @livekit/agents')).toEqual([]);
});
