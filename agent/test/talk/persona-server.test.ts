/**
 * A persona server that cannot start says why in its own words, without a stack, and nothing of it
 * is left.
 */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { expect, onTestFinished, test } from 'vitest';
import { Lifetime } from '../../src/lifetime.ts';
import { findPersonaServer } from '../../src/talk/persona-server.ts';
import { SetupError } from '../../src/talk/talk-setup.ts';

const away = { url: 'ws://127.0.0.1:9', token: undefined };

test('a server that ends with words about its environment is told in these words', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'talk-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, 'server.mjs');
  await writeFile(path, `console.error('PERSONA=nobody: no such persona.'); process.exitCode = 1;`);
  const owner = new Lifetime();
  const start = { path, env: { PATH: process.env['PATH'] }, log: new PassThrough(), owner };
  const error: unknown = await findPersonaServer(away, false, start).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(SetupError);
  expect((error as SetupError).message).toMatch(
    /cannot start; it says:\n +PERSONA=nobody: no such persona\./,
  );
  expect((error as SetupError).message).not.toMatch(/^\s+at /m);
  await owner.end();
});

test('one that is named and away is not replaced by another', async () => {
  const owner = new Lifetime();
  const start = { path: 'not-started', env: {}, log: new PassThrough(), owner };
  await expect(findPersonaServer(away, true, start)).rejects.toThrow(/WS_LLM_URL names .*\n.*npm start/);
});
