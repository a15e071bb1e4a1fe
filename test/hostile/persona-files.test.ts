/**
 * Files of personas that are no files, or that never come to rest: the server starts, reloads and
 * ends all the same.
 */
import { execFileSync } from 'node:child_process';
import { utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { scratchFolder, takerPersona } from './parts/scratch-folder.ts';
import { startServer } from './parts/servers.ts';
import { startWorld } from './parts/world.ts';

function namedPipe(folder: string, name: string): void {
  execFileSync('mkfifo', [join(folder, name)]);
}

test.for(['pipe.md', 'taker.tools.js'])(
  'a named pipe called %s among the personas keeps the server neither from starting nor from ending',
  async (name) => {
    const folder = scratchFolder({ 'taker.md': takerPersona });
    namedPipe(folder, name);
    const server = startServer({ env: { PERSONAS_DIR: folder, LLM_BACKEND: 'demo' } });
    onTestFinished(async () => void (await server.stop(0)));
    await server.says(/socket +ws:/, 8_000);
    server.process.kill('SIGTERM');
    expect(await Promise.race([server.ended, delay(5_000)])).toMatchObject({ code: 0 });
  },
);

test('a named pipe in the place of PERSONA ends the start with an error that names it', async () => {
  const folder = scratchFolder();
  namedPipe(folder, 'pipe.md');
  const path = join(folder, 'pipe.md');
  const server = startServer({ env: { PERSONA: path, LLM_BACKEND: 'demo' } });
  onTestFinished(async () => void (await server.stop(0)));
  expect(await Promise.race([server.ended, delay(8_000)])).toMatchObject({ code: 1 });
  expect(server.output).toContain('pipe.md');
});

test('a named pipe that appears later stops neither the reloading of others nor the end', async (context) => {
  const folder = scratchFolder({ 'porter.md': '---\ntitle: Before\n---\nYou are a porter.\n' });
  const world = await startWorld(context, { clause: 'A8', backend: 'demo', env: { PERSONAS_DIR: folder } });
  namedPipe(folder, 'later.md');
  await delay(500);
  writeFileSync(join(folder, 'porter.md'), '---\ntitle: After\n---\nYou are a porter.\n');
  const client = await world.agent();
  await expect
    .poll(() => JSON.stringify(client.frames.findLast(({ type }) => type === 'ready')), { timeout: 6_000 })
    .toContain('After');
  world.watch.isEndExpected = true;
  world.server.process.kill('SIGTERM');
  expect(await Promise.race([world.server.ended, delay(5_000)])).toMatchObject({ code: 0 });
});

test('saves that follow each other within 50 ms do not put off a reload', async (context) => {
  const folder = scratchFolder({ 'porter.md': '---\ntitle: Before\n---\nYou are a porter.\n' });
  const world = await startWorld(context, { clause: 'A8', backend: 'demo', env: { PERSONAS_DIR: folder } });
  const client = await world.agent();
  await delay(500);
  writeFileSync(join(folder, 'porter.md'), '---\ntitle: After\n---\nYou are a porter.\n');
  const saving = setInterval(() => utimesSync(join(folder, 'porter.md'), new Date(), new Date()), 20);
  onTestFinished(() => clearInterval(saving));
  await expect
    .poll(() => JSON.stringify(client.frames.findLast(({ type }) => type === 'ready')), { timeout: 4_000 })
    .toContain('After');
});
