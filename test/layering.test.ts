/**
 * The architecture, as a test that fails. In the sources of every package:
 *
 * (a) a folder imports only what the table below lets it import;
 * (b) relative imports stay in their package; tests reach beyond it only for the stand-ins, or through public entries;
 * (c) the server's backends are reached only by its doors, and reach nothing of it but `backend.ts` and
 *     the files that need no other;
 * (d) `process.env` is read only by config.ts, main.ts and env.ts;
 * (e) a manifest lists what the sources import, and nothing else;
 * (f) no comment turns a check off;
 * (g) a source file begins with a comment, and has at most 250 lines;
 * (h) there is no enum, no `any`, and no default export that no tool demands.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

/** What each folder may import besides its own package; the longest folder that fits a file decides. `*` ends a prefix. */
const mayImport: Record<string, string[]> = {
  'protocol/src': ['zod'],
  'client/src': ['@ws-llm/protocol'],
  'ws-llm-server/src': ['@ws-llm/protocol', 'node:*', 'dotenv', 'pino', 'pino-pretty', 'yaml', 'zod'],
  'ws-llm-server/src/server.ts': ['@ws-llm/protocol', 'node:*', '@hono/node-server'],
  'ws-llm-server/src/http': ['@ws-llm/protocol', 'node:*', 'hono', '@hono/node-server', 'ws'],
  'ws-llm-server/src/connection': ['@ws-llm/protocol', 'node:*'],
  'ws-llm-server/src/context': ['@ws-llm/protocol', 'node:*'],
  'ws-llm-server/src/reply': ['@ws-llm/protocol', 'node:*'],
  'ws-llm-server/src/backend.ts': [],
  'ws-llm-server/src/thrown.ts': [],
  'ws-llm-server/src/guarded-signal.ts': [],
  'ws-llm-server/src/backends': ['node:*', 'openai', 'ollama', 'undici'],
  'provider/src': ['@ws-llm/protocol', '@ws-llm/client', '@livekit/agents', 'node:*', 'ws'],
  'agent/src': ['livekit-agents-plugin-ws-llm', '@livekit/*', 'node:*', 'dotenv'],
  'agent/src/talk': ['livekit-agents-plugin-ws-llm', '@livekit/*', 'node:*', 'livekit-server-sdk'],
  'chat-client/src': [
    '@ws-llm/protocol',
    '@ws-llm/client',
    'preact',
    'marked',
    'dompurify',
    'livekit-client',
  ],
};
const packages = [...new Set(Object.keys(mayImport).map((folder) => String(folder.split('/')[0])))];

/** Who may name a file of `ws-llm-server/src/backends`: the public entry, the process, its configuration. */
const doorsOfBackends = ['index.ts', 'main.ts', 'config.ts', 'server.ts'].map(
  (file) => `ws-llm-server/src/${file}`,
);
/** What backends may use of the server. */
const usedByBackends = ['backend.ts', 'thrown.ts', 'guarded-signal.ts'].map(
  (file) => `ws-llm-server/src/${file}`,
);
const readersOfEnvironment = ['config.ts', 'main.ts', 'env.ts'];
/** LiveKit loads an agent by its default export. */
const demandedDefaultExports = ['agent/src/agent.ts'];

interface SourceFile {
  /** From the root, with `/`. */
  path: string;
  text: string;
  /** Without comments. */
  code: string;
  /** Without comments and without what stands in quotes. */
  bare: string;
  /** What it imports or exports again, as written. */
  specifiers: string[];
  /** What is left of that when it runs. */
  atRunTime: string[];
}

const tokens = /(\/\*[\s\S]*?\*\/|\/\/[^\n]*)|('(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`)/g;
const imports =
  /\b(?:import|export)\b[^;'"`()=]*?\bfrom\s*['"]([^'"]+)['"]|\bimport\s*\(\s*['"]([^'"]+)['"]|^\s*import\s*['"]([^'"]+)['"]/gm;

const importsOfTypes = /\b(?:import|export)\s+type\b[^;'"`()=]*?\bfrom\s*['"][^'"]+['"]/g;

function walk(folder: string): SourceFile[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.[cm]?tsx?$/.test(entry.name))
    .filter((entry) => !entry.parentPath.split(sep).includes('node_modules'))
    .map((entry) => read(join(entry.parentPath, entry.name)));
}

function read(file: string): SourceFile {
  const text = readFileSync(file, 'utf8');
  const code = text.replace(tokens, (_token, comment, quoted: string) =>
    comment === undefined ? quoted : ' ',
  );
  const bare = code.replace(tokens, "''");
  const specifiers = specifiersOf(code);
  const atRunTime = specifiersOf(code.replace(importsOfTypes, ''));
  return { path: relative(root, file).split(sep).join('/'), text, code, bare, specifiers, atRunTime };
}

function specifiersOf(code: string): string[] {
  return [...code.matchAll(imports)].map((match) => String(match[1] ?? match[2] ?? match[3]));
}

/** Packages among what is imported. */
function packagesIn(specifiers: readonly string[]): Set<string> {
  const foreign = specifiers.filter((one) => !isRelative(one) && !one.startsWith('node:'));
  return new Set(foreign.map(packageName));
}

const sources = packages.flatMap((name) => walk(`${name}/src`));
const tests = [...packages.map((name) => `${name}/test`), 'test'].flatMap(walk);

function packageOf(file: SourceFile): string {
  return String(file.path.split('/')[0]);
}

function isRelative(specifier: string): boolean {
  return specifier.startsWith('.');
}

/** `@hono/node-server/serve-static` is of the package `@hono/node-server`. */
function packageName(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
}

function targetOf(file: SourceFile, specifier: string): string {
  return join(dirname(file.path), specifier).split(sep).join('/');
}

function allowedIn(path: string): string[] {
  const folders = Object.keys(mayImport).filter((folder) => path === folder || path.startsWith(`${folder}/`));
  return mayImport[folders.toSorted((a, b) => b.length - a.length)[0] ?? ''] ?? [];
}

/** Each offence as `path: what`, so that a failure names them all. */
function offences(files: SourceFile[], find: (file: SourceFile) => string[]): string[] {
  return files.flatMap((file) => find(file).map((what) => `${file.path}: ${what}`));
}

test('the walk found the sources and what they import', () => {
  for (const name of ['protocol', 'client', 'ws-llm-server']) {
    expect(sources.filter((file) => packageOf(file) === name).length).toBeGreaterThan(10);
  }
  const specifiers = new Set(sources.flatMap((file) => file.specifiers));
  // One of each kind: plain, of types, over several lines, exported again, for its effect alone.
  for (const specifier of ['zod', '@ws-llm/protocol', 'undici', './close-code.ts']) {
    expect(specifiers).toContain(specifier);
  }
  expect(tests.map(({ path }) => path)).toContain('test/layering.test.ts');
});

test('the walk sees every way to import', () => {
  const written = ["import 'a';", "import b from 'b';", "import {\n  c,\n} from 'c';", "export * from 'd';"];
  const hidden = ["// import 'x';", "/* import x from 'y'; */", "const from = 'z';"];
  const code = [...written, "const e = await import('e');", "import type { F } from 'f';", ...hidden].join(
    '\n',
  );
  const seen = code.replace(tokens, (_token, comment, quoted: string) =>
    comment === undefined ? quoted : ' ',
  );
  expect([...seen.matchAll(imports)].map((match) => match[1] ?? match[2] ?? match[3])).toEqual([
    'a',
    'b',
    'c',
    'd',
    'e',
    'f',
  ]);
});

test('(a) every folder imports only what it may', () => {
  const found = offences(sources, ({ path, specifiers }) =>
    specifiers.filter(
      (specifier) =>
        !isRelative(specifier) &&
        !allowedIn(path).some((allowed) =>
          allowed.endsWith('*')
            ? specifier.startsWith(allowed.slice(0, -1))
            : packageName(specifier) === allowed,
        ),
    ),
  );
  expect(found).toEqual([]);
});

test('(b) relative imports stay in their package', () => {
  const leaves = (file: SourceFile, homes: string[]): string[] =>
    file.specifiers
      .filter(isRelative)
      .filter((specifier) => !homes.some((home) => targetOf(file, specifier).startsWith(home)));
  expect(offences(sources, (file) => leaves(file, [`${packageOf(file)}/src/`]))).toEqual([]);
  expect(
    offences(tests, (file) => leaves(file, [`${packageOf(file)}/`, 'test/stand-ins/', 'test/real/parts/'])),
  ).toEqual([]);
});

test('(c) the backends are reached only by the doors of the server, and reach only what imports nothing', () => {
  const server = sources.filter((file) => packageOf(file) === 'ws-llm-server');
  const isBackend = (path: string): boolean => path.startsWith('ws-llm-server/src/backends/');
  const found = offences(server, (file) =>
    file.specifiers.filter(isRelative).filter((specifier) => {
      const target = targetOf(file, specifier);
      if (isBackend(file.path)) return !isBackend(target) && !usedByBackends.includes(target);
      return isBackend(target) && !doorsOfBackends.includes(file.path);
    }),
  );
  expect(found).toEqual([]);
});

test('(d) the environment is read only where it is checked', () => {
  const found = offences(sources, ({ path, code, specifiers }) => [
    ...(readersOfEnvironment.includes(basename(path))
      ? []
      : (code.match(/\bprocess\s*\??\.?\s*\[?['"]?env\b/g) ?? [])),
    ...specifiers.filter((specifier) => /^(node:)?process$/.test(specifier)),
  ]);
  expect(found).toEqual([]);
});

interface Manifest {
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
}

function manifestOf(folder: string): Manifest {
  return JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as Manifest;
}

test.each(packages)('(e) the manifest of %s lists what its sources import, and nothing else', (name) => {
  const own = sources.filter((file) => packageOf(file) === name);
  const imported = packagesIn(own.flatMap(({ specifiers }) => specifiers));
  const atRunTime = packagesIn(own.flatMap((file) => file.atRunTime));
  const { dependencies = {}, devDependencies = {}, peerDependencies = {} } = manifestOf(name);
  // What is built into one file needs nothing when it runs.
  const isBuilt = existsSync(join(root, name, 'vite.config.ts'));
  const needed = [...Object.keys(dependencies), ...Object.keys(peerDependencies)];
  const forBuilding = [...needed, ...Object.keys(devDependencies)];
  expect([...imported].filter((wanted) => !forBuilding.includes(wanted))).toEqual([]);
  expect([...atRunTime].filter((wanted) => !isBuilt && !needed.includes(wanted))).toEqual([]);
  // npm wants it listed where a dependency asks for it as a peer.
  const peers = needed.flatMap((dependency) =>
    Object.keys(manifestOf(join('node_modules', dependency)).peerDependencies ?? {}),
  );
  expect(needed.filter((listed) => !imported.has(listed) && !peers.includes(listed))).toEqual([]);
});

test('(f) no comment turns a check off', () => {
  const disabling = /(?:ox|es)lint-disable|@ts-(?:ignore|expect-error|nocheck)|(?:oxfmt|prettier)-ignore/g;
  expect(offences([...sources, ...tests], ({ text }) => text.match(disabling) ?? [])).toEqual([]);
});

test('(g) a source file begins with a comment that says what it owns, and has at most 250 lines', () => {
  const found = offences(sources, ({ text }) => {
    const [, comment] = /^(?:#!.*\n)?\/\*\*([\s\S]*?)\*\//.exec(text) ?? [];
    const lines = text.trimEnd().split('\n').length;
    return [
      ...((comment ?? '').trim().length >= 20 ? [] : ['no first comment']),
      ...(lines <= 250 ? [] : [`${lines} lines`]),
    ];
  });
  expect(found).toEqual([]);
});

test('(h) there is no enum, no any, and no default export', () => {
  const found = offences(sources, ({ path, bare }) => [
    ...(bare.match(/\benum\s+\w+\s*\{/g) ?? []),
    ...(bare.match(/(?:[:<|&,=]|\bas|\bextends|\bsatisfies)\s*any\b(?=\s*[;,)>\]}|&=[{]|\s*$)/gm) ?? []),
    ...(demandedDefaultExports.includes(path)
      ? []
      : (bare.match(/\bexport\s+default\b|\bas\s+default\b/g) ?? [])),
  ]);
  expect(found).toEqual([]);
});
