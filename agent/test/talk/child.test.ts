// What talking starts ends with it: its children, their children too, and a child that does not want to.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { Lifetime } from '../../src/lifetime.ts';
import { startChild, type Child } from '../../src/talk/child.ts';

async function run(program: string): Promise<{ child: Child; log: PassThrough }> {
  const folder = await mkdtemp(join(tmpdir(), 'talk-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, 'program.mjs');
  await writeFile(path, program);
  const log = new PassThrough();
  const owner = new Lifetime();
  const child = await startChild({
    name: 'The program',
    path,
    env: { PATH: process.env['PATH'] },
    log,
    owner,
  });
  onTestFinished(() => owner.end());
  return { child, log };
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test('a child is waited for by its words, and all of them are logged', async () => {
  const { child, log } = await run(
    `console.log('one'); console.error('ready at 7'); setInterval(() => {}, 1e6);`,
  );
  const [, port] = await child.waitForLine(/ready at (\d)/, 10_000);
  expect(port).toBe('7');
  expect(String(log.read())).toContain('one');
});

test('a child that ends before it is ready is told with its last words', async () => {
  const { child } = await run(`console.error('the port is taken'); process.exitCode = 3;`);
  await expect(child.waitForLine(/ready/, 10_000)).rejects.toThrow(
    /The program has ended.*the port is taken/s,
  );
  expect(await child.ended).toContain('the port is taken');
});

test('with a child go those that it has started itself', async () => {
  const { child } = await run(`
    import { spawn } from 'node:child_process';
    const inner = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)'], { stdio: 'ignore' });
    process.on('SIGTERM', () => process.exit(0));
    console.log('inner', inner.pid);
  `);
  const [, pid = ''] = await child.waitForLine(/inner (\d+)/, 10_000);
  await child.stop();
  while (isRunning(Number(pid))) await sleep(20);
});

test('a child that does not want to end is ended', async () => {
  const { child } = await run(
    `process.on('SIGTERM', () => {}); setInterval(() => {}, 1e6); console.log('stubborn');`,
  );
  await child.waitForLine(/stubborn/, 10_000);
  await child.stop();
  expect(await child.ended).toContain('stubborn');
}, 15_000);

test('a child whose owner ends while it starts ends with it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'talk-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, 'program.mjs');
  await writeFile(path, 'setInterval(() => {}, 1e6);');
  for (const endsFirst of [true, false]) {
    const owner = new Lifetime();
    if (endsFirst) await owner.end();
    const env = { PATH: process.env['PATH'] };
    const starting = startChild({ name: 'The program', path, env, log: new PassThrough(), owner });
    if (!endsFirst) await owner.end();
    const { ended } = await starting;
    await ended;
  }
});

test('with a child that ends by itself go those that it has started, and its end is noticed', async () => {
  const { child } = await run(`
    import { spawn } from 'node:child_process';
    const inner = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)'], { stdio: 'inherit' });
    console.log('inner', inner.pid);
    setTimeout(() => process.exit(1), 50);
  `);
  const [, pid = ''] = await child.waitForLine(/inner (\d+)/, 10_000);
  await child.ended;
  while (isRunning(Number(pid))) await sleep(20);
});

test('a program that cannot be started is an error that says so, and nothing is left', async () => {
  const owner = new Lifetime();
  const node = process.execPath;
  process.execPath = join(tmpdir(), 'there-is-no-such-program');
  onTestFinished(() => void (process.execPath = node));
  const starting = startChild({ name: 'The program', path: 'x', env: {}, log: new PassThrough(), owner });
  await expect(starting).rejects.toThrow(/ENOENT/);
  await owner.end();
});
