/**
 * A program that embeds the server compiles without the packages that only the server's own
 * development needs.
 */
import { execFile, spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, onTestFinished, test, vi } from 'vitest';

// The compiler reads all of the server.
vi.setConfig({ testTimeout: 60_000 });

const root = fileURLToPath(new URL('../..', import.meta.url));
const tsc = join(root, 'node_modules/typescript/bin/tsc');

const run = promisify(execFile);

async function compile(args: readonly string[]): Promise<void> {
  await run(process.execPath, [tsc, ...args]);
}

interface Manifest {
  dependencies: Record<string, string>;
}

test('its types need its dependencies and no others', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ws-llm-types-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const modules = join(folder, 'node_modules');
  const target = join(modules, 'ws-llm-server');
  mkdirSync(join(modules, '@ws-llm'), { recursive: true });
  // As published, but emitted here: a test changes no build. The server is compiled against the
  // protocol's own build.
  await compile(['-b', join(root, 'protocol')]);
  const emit = async (name: string, to: string): Promise<void> => {
    const emitting = ['--emitDeclarationOnly', '--composite', 'false', '--incremental', 'false'];
    await compile(['-p', join(root, name, 'tsconfig.json'), ...emitting, '--outDir', join(to, 'dist')]);
    cpSync(join(root, name, 'package.json'), join(to, 'package.json'));
  };
  await Promise.all([emit('ws-llm-server', target), emit('protocol', join(modules, '@ws-llm/protocol'))]);
  const manifest = JSON.parse(readFileSync(join(root, 'ws-llm-server/package.json'), 'utf8')) as Manifest;
  const needed = Object.keys(manifest.dependencies).filter((name) => !name.startsWith('@ws-llm/'));
  for (const name of [...needed, '@types', 'undici-types']) {
    mkdirSync(join(modules, name, '..'), { recursive: true });
    symlinkSync(join(root, 'node_modules', name), join(modules, name));
  }
  expect(readdirSync(modules)).not.toContain('openai');
  writeFileSync(
    join(folder, 'program.mts'),
    `import { type Backend, createPersonaServer, OllamaBackend, OpenAIBackend } from 'ws-llm-server';
     const backends: Backend[] = [
       new OpenAIBackend({ apiKey: '', baseUrl: 'http://127.0.0.1/v1', model: 'm' }),
       new OllamaBackend({ host: 'http://127.0.0.1:11434', model: undefined }),
     ];
     console.log(backends, createPersonaServer);`,
  );
  const options = [
    '--noEmit',
    '--strict',
    '--module',
    'nodenext',
    '--skipLibCheck',
    'false',
    '--types',
    'node',
  ];
  const { stdout, status } = spawnSync(
    process.execPath,
    [tsc, ...options, '--target', 'es2023', 'program.mts'],
    {
      cwd: folder,
      encoding: 'utf8',
    },
  );
  expect(stdout).not.toMatch(/ws-llm-server\/dist|'(?:openai|ollama)/);
  expect({ stdout, status }).toEqual({ stdout: '', status: 0 });
});
