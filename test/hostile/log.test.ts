/**
 * A log that cannot be written, and signals: neither stops the service, and each ends it as it
 * should.
 */
import { execFileSync } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { scratchFolder } from './parts/scratch-folder.ts';
import { startWorld, type World } from './parts/world.ts';

/** Many lines at `warn`, which no level above it drops. */
async function fillLog(world: World, requests: number): Promise<void> {
  const client = await world.agent();
  for (let at = 0; at < requests; at += 50) {
    for (let index = at; index < at + 50; index += 1) {
      client.send({ type: 'chat', id: String(index), messages: refused, mirror: { keep: 0 } });
    }
    for (let ended = 0; ended < 50; ended += 1) await client.untilEnd();
  }
  client.close();
}

const refused = [{ role: 'user', content: '!status 403 go away' }];

/** The largest number in a line that says that lines were lost; 0 where there is none. */
function lostLines(log: string): number {
  const lines = log.split('\n').filter((line) => /\b(?:lost|dropped|missed|discarded)\b/i.test(line));
  const numbers = lines.flatMap((line) => [...line.matchAll(/(?<![\d.])\d{1,7}(?![\d.])/g)].map(Number));
  return Math.max(0, ...numbers);
}

function fullDisk(): number {
  const full = openSync('/dev/full', 'w');
  onTestFinished(() => closeSync(full));
  return full;
}

test('a full log disk neither blocks the server nor keeps SIGTERM from ending it', async (context) => {
  const world = await startWorld(context, { clause: 'A3', stderr: fullDisk() });
  for (let index = 0; index < 5; index += 1) await world.agent();
  await delay(300);
  expect(await world.lives()).toBe(true);
  await fillLog(world, 500);
  expect(await world.lives()).toBe(true);
  world.watch.isEndExpected = true;
  world.server.process.kill('SIGTERM');
  expect(await Promise.race([world.server.ended, delay(5_000)])).toMatchObject({ code: 0 });
});

test('lines that a full log disk lost are counted, and reported once it has room again', async (context) => {
  const path = join(scratchFolder(), 'server.log');
  const file = openSync(path, 'a');
  onTestFinished(() => closeSync(file));
  // To a process the limit of a file's size is a full disk, and it can be lifted while the process
  // runs.
  const world = await startWorld(context, { clause: 'A3', stderr: file, logLimitKb: 64 });
  // More than a server may keep for a disk that could have room again soon.
  await fillLog(world, 8_000);
  expect(await world.lives()).toBe(true);
  expect(readFileSync(path).length).toBeLessThanOrEqual(64 * 1_024);
  execFileSync('prlimit', ['--pid', String(world.server.pid), '--fsize=unlimited']);
  await fillLog(world, 50);
  await expect
    .poll(() => lostLines(readFileSync(path, 'utf8')), { timeout: 10_000, interval: 250 })
    .toBeGreaterThan(500);
});

test('a reader of the log that stands still does not block the server', async (context) => {
  const world = await startWorld(context, { clause: 'A3' });
  world.server.process.stderr?.pause();
  await fillLog(world, 3_000);
  expect(await world.lives()).toBe(true);
  expect(world.figures.stallMs).toBeLessThan(500);
});

test('a log whose reader has gone leaves the server running', async (context) => {
  const world = await startWorld(context, { clause: 'A3' });
  world.server.process.stderr?.destroy();
  await fillLog(world, 200);
  expect(await world.lives()).toBe(true);
});

test('SIGHUP lets open replies finish and closes with 1001, as SIGTERM does', async (context) => {
  const world = await startWorld(context, { clause: 'A3' });
  const client = await world.agent();
  client.send({ type: 'chat', id: '1', messages: [{ role: 'user', content: '!after 500' }] });
  await expect.poll(async () => (await world.model.count()).open).toBe(1);
  world.watch.isEndExpected = true;
  world.server.process.kill('SIGHUP');
  expect((await client.untilEnd()).at(-1)).toMatchObject({ type: 'complete', finish_reason: 'stop' });
  expect(await client.closed).toMatchObject({ code: 1001 });
  expect(await world.server.ended).toEqual({ code: 0, signal: null });
});
