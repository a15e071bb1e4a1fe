/** Every numbered requirement of PROTOCOL.md is named by a test, and every number that a test names is there; what must be has a number. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { errorCodes } from '@ws-llm/protocol';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const specification = readFileSync(join(root, 'protocol/PROTOCOL.md'), 'utf8');

/** Whose tests may prove a requirement: those that `npm test` runs. */
const provers = ['protocol', 'client', 'ws-llm-server', 'provider', 'test'];

function numbersIn(text: string): string[] {
  return [...text.matchAll(/\[P-\d+\]/g)].map(([number]) => number);
}

/** The first argument of `test(...)`, `test.each(...)(...)` and their kin, where it is written out. */
const title =
  /(?:\b(?:test|it)(?:\.only)?|\))\(\s*('(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`)/g;

interface TestFile {
  path: string;
  text: string;
}

/** This file is not among them: it names no requirement. */
const testFiles: TestFile[] = provers
  .flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.test.ts') && !path.includes('node_modules'))
      .map((path) => relative(root, join(root, folder, path)).replaceAll('\\', '/')),
  )
  .filter((path) => path !== 'test/requirements.test.ts' && !path.startsWith('test/real/'))
  .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));

const required = numbersIn(specification);
const proven = testFiles.flatMap(({ path, text }) =>
  [...text.matchAll(title)].flatMap(([, words = '']) =>
    numbersIn(words).map((number) => ({ number, where: `${path}: ${words}` })),
  ),
);

test('the specification and the tests were found', () => {
  expect(required.length).toBeGreaterThan(100);
  expect(testFiles.length).toBeGreaterThan(40);
});

test('every requirement of the specification is named by a test', () => {
  const named = new Set(proven.map(({ number }) => number));
  expect(required.filter((number) => !named.has(number))).toEqual([]);
});

test('every requirement that a test names is in the specification', () => {
  expect(proven.filter(({ number }) => !required.includes(number)).map(({ where }) => where)).toEqual([]);
});

test('no number stands for two requirements', () => {
  expect(required.filter((number, index) => required.indexOf(number) !== index)).toEqual([]);
});

test('a number stands in the title of a test that runs, and nowhere else', () => {
  const elsewhere = testFiles.flatMap(({ path, text }) => {
    const inTitles = proven.filter(({ where }) => where.startsWith(`${path}: `)).length;
    return numbersIn(text).length === inTitles ? [] : [path];
  });
  expect(elsewhere).toEqual([]);
});

/** Paragraphs, points and rows of tables. Worked sequences demand nothing; what is planned is not demanded yet. */
const blocks = specification
  .slice(specification.indexOf('\n## 2.'), specification.indexOf('\n## 10.'))
  .split(/^(?=#{1,3} )/m)
  .filter((section) => !/^#+ .*\*\*\(planned\)\*\*/.test(section))
  .flatMap((section) => section.split(/\n(?:\n|(?=[|-] ))/));

test('every demand of the specification has a number', () => {
  expect(blocks.length).toBeGreaterThan(100);
  const unnumbered = blocks.filter((block) => {
    const demands = block.split(/(?<=[.;:]) /).filter((part) => /\b(?:MUST|SHOULD)\b/.test(part));
    return demands.length > numbersIn(block).length;
  });
  expect(unnumbered).toEqual([]);
});

/** The tables that say what each code means; where it comes is said elsewhere. */
const definesCode = /^\| (?:`[a-z_]+` \| (?:yes|no|see frame)|\d{4}) \|/;
const code = new RegExp(`\\b(?:1\\d{3}|44\\d{2}|${errorCodes.join('|')})\\b`);

test('wherever the specification promises a code, there is a number', () => {
  const promises = blocks.filter((block) => code.test(block) && !definesCode.test(block));
  expect(promises.length).toBeGreaterThan(20);
  expect(promises.filter((block) => numbersIn(block).length === 0)).toEqual([]);
});
