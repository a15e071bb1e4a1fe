/** Lines reach a reader that comes late, in order, and where some are missing it says how many and why. */
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { LogStream, type LogStreamOptions } from '../src/log-stream.ts';
import { openLog } from '../src/open-log.ts';
import { scratchFolder } from './personas/scratch-folder.ts';
import { testPipe, type TestPipe } from './test-pipe.ts';

const patient = { timeout: 8_000, interval: 5 };

/** Writes to a pipe that no write blocks, as the process makes its own. */
function streamTo(pipe: TestPipe, options: LogStreamOptions = {}): LogStream {
  const stream = new LogStream(pipe.nonBlockingEnd, {
    maxBytes: 20_000,
    retryMs: 20,
    reportLoss: (lost, reason) => `lost ${lost} ${reason}\n`,
    ...options,
  });
  onTestFinished(() => stream.close(0));
  return stream;
}

async function linesOf(pipe: TestPipe, last: string): Promise<string[]> {
  let text = '';
  await vi.waitUntil(() => (text += pipe.drain()).includes(last), patient);
  return text.replace(/^\.*/, '').trimEnd().split('\n');
}

function range(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, index) => String(from + index).padStart(9, '0'));
}

test('all lines are written in order, whatever their number', async () => {
  const folder = scratchFolder();
  folder.write('log', '');
  const file = openSync(join(folder.path, 'log'), 'w');
  onTestFinished(() => closeSync(file));
  const stream = new LogStream(file, { maxBytes: 10_000_000 });
  const lines = range(0, 50_000);
  for (const line of lines) stream.write(`${line}\n`);
  await stream.close(8_000);
  expect(readFileSync(folder.file('log'), 'utf8')).toBe(lines.map((line) => `${line}\n`).join(''));
});

// Timed out once on a busy machine while it waited for the second line; why is not known yet.
test(
  'lines that find no room are reported where they are missing, once the pipe is read',
  { retry: 2 },
  async () => {
    const pipe = testPipe();
    pipe.fill();
    const stream = streamTo(pipe);
    for (const line of range(0, 5_000)) stream.write(`${line}\n`);
    const [kept, lost] = [range(0, 2_000), 3_000];
    expect(await linesOf(pipe, 'lost')).toEqual([...kept, `lost ${lost} slow`]);
    stream.write('again\n');
    expect(await linesOf(pipe, 'again')).toEqual(['again']);
  },
);

test('a pipe whose reader comes back gets what was kept, and the report says why the rest is missing', async () => {
  const pipe = testPipe();
  pipe.closeReader();
  const stream = streamTo(pipe, { maxBytes: 20 });
  for (const line of range(0, 10)) stream.write(`${line}\n`);
  // Only then is it known that the reader is gone.
  await vi.waitUntil(() => stream.failure === 'EPIPE', patient);
  stream.write('one more\n');
  pipe.openReader();
  expect(await linesOf(pipe, 'lost')).toEqual([...range(0, 2), 'lost 9 EPIPE']);
});

test('a line that is longer than all that may wait is written where nothing else waits', async () => {
  const pipe = testPipe();
  const stream = streamTo(pipe, { maxBytes: 10 });
  stream.write(`${'x'.repeat(1_000)}\n`);
  expect(await linesOf(pipe, '\n')).toEqual(['x'.repeat(1_000)]);
});

test('the end waits for a reader no longer than it may, and for a full disk not at all', async () => {
  const pipe = testPipe();
  pipe.fill();
  const slow = streamTo(pipe);
  slow.write('x\n');
  const before = performance.now();
  await slow.close(50);
  expect(performance.now() - before).toBeLessThan(1_000);

  const disk = openSync('/dev/full', 'w');
  onTestFinished(() => closeSync(disk));
  const full = new LogStream(disk);
  full.write('x\n');
  await full.close(600_000);
});

test.each([
  [
    'a getter that throws',
    { err: Object.defineProperty(new Error('a'), 'code', { get: fail, enumerable: true }) },
  ],
  ['an error whose message is no text', { err: Object.assign(new Error('a'), { message: {} }) }],
  ['an object without a prototype', { error: Object.create(null) as unknown }],
  ['a big number', { value: 1n }],
  ['a field whose getter throws', Object.defineProperty({}, 'value', { get: fail, enumerable: true })],
])('a log line with %s costs the caller nothing', async (_, fields) => {
  const pipe = testPipe();
  const log = await openLog(pipe.nonBlockingEnd, 'info');
  log.logger.error(fields, 'said');
  await log.close(1_000);
  const [line = ''] = await linesOf(pipe, '\n');
  expect(JSON.stringify(JSON.parse(line))).toContain('said');
});

function fail(): never {
  throw new Error('no');
}

test('a log says in words how many of its lines were lost', async () => {
  const pipe = testPipe();
  pipe.fill();
  const log = await openLog(pipe.nonBlockingEnd, 'error');
  const padding = 'x'.repeat(10_000);
  for (let line = 0; line < 1_300; line += 1) log.logger.error({ padding }, 'said');
  const lines = await linesOf(pipe, ' lost ');
  const report = JSON.parse(lines.at(-1) ?? '') as { lost: number; msg: string };
  expect(report.lost).toBe(1_300 - (lines.length - 1));
  expect(report.msg).toBe(
    `${report.lost.toLocaleString('en')} log lines were lost while the log was not read fast enough`,
  );
  await log.close(1_000);
});
