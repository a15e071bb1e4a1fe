/** What `npm pack` makes of the plugin installs alone into an empty project, type-checks there and answers in README's session. */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { startWorld } from '../provider-world.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const provider = join(root, 'provider');

const compilerOptions = {
  module: 'nodenext',
  target: 'es2023',
  strict: true,
  // LiveKit's own declarations do not all pass; ours are looked at apart.
  skipLibCheck: true,
  types: ['node'],
  outDir: 'out',
};

/** What the compiler says of everybody's declarations. */
async function complaintsOfDeclarations(project: string): Promise<string> {
  try {
    return (await run('npx', ['tsc', '--noEmit', '--skipLibCheck', 'false'], { cwd: project })).stdout;
  } catch (error) {
    return String(Reflect.get(Object(error), 'stdout'));
  }
}

test('the packed plugin works in a project that has nothing else of ours', { timeout: 900_000 }, async () => {
  const { model, url } = await startWorld();
  const project = await mkdtemp(join(tmpdir(), 'packed-plugin-'));
  onTestFinished(() => rm(project, { recursive: true, force: true }));
  // As README says.
  const packing = ['pack', '--workspace=livekit-agents-plugin-ws-llm', '--pack-destination', project];
  await run('npm', packing, { cwd: root });
  const [tarball] = await readdir(project);
  const readme = await readFile(join(provider, 'README.md'), 'utf8');
  const [, session = ''] = /```ts\n([\s\S]*?)```/.exec(readme) ?? [];
  const merged = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => code).slice(1);
  const address = 'ws://127.0.0.1:8765';
  expect(session).toContain(address);
  await writeFile(join(project, 'package.json'), '{"private": true, "type": "module"}');
  await writeFile(join(project, 'talk.ts'), session.replace(address, url));
  // What README shows of events is type-checked with it.
  const head = session.split('await session.start')[0] ?? '';
  await writeFile(join(project, 'events.ts'), [head, ...merged, 'export {};'].join('\n'));
  await writeFile(
    join(project, 'tsconfig.json'),
    JSON.stringify({ compilerOptions, files: ['talk.ts', 'events.ts'] }),
  );
  const packages = [`./${tarball}`, '@livekit/agents@1.8.1', 'typescript@7', '@types/node@20'];
  await run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', ...packages], { cwd: project });
  await run('npx', ['tsc'], { cwd: project });
  expect(await complaintsOfDeclarations(project)).not.toContain('livekit-agents-plugin-ws-llm');
  const { stdout } = await run(process.execPath, ['out/talk.js'], { cwd: project });
  expect(stdout).toContain('Hello, how are you?');
  expect(model.requests.at(-1)?.body.messages.at(-1)).toEqual({
    role: 'user',
    content: 'Hello! Who are you?',
  });
});
