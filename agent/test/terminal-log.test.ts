/**
 * On a terminal the log is one readable line per record, without stacks; elsewhere it stays JSON.
 */
import { initializeLogger, log } from '@livekit/agents';
import { expect, test, vi } from 'vitest';
import { keepLogReadable, toReadableLine } from '../src/terminal-log.ts';

function write(isTTY: boolean, level: string): string {
  let written = '';
  const output = { isTTY, write: (text: string) => void (written += text) };
  const spy = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    written += String(text);
    return true;
  });
  try {
    initializeLogger({ pretty: false, level });
    keepLogReadable(output);
    const error = new Error('connect ECONNREFUSED 127.0.0.1:7880');
    log().warn({ error, retry_count: 1 }, 'failed to connect');
    log()
      .child({ jobID: 'AJ_1', nested: { a: 1 } })
      .info({ room: 'talk-1' }, 'session begins');
  } finally {
    spy.mockRestore();
  }
  return written;
}

test('on a terminal a record is a line of words and short values, an error its message', () => {
  const [first = '', second = '', ...rest] = write(true, 'info').split('\n');
  expect(rest).toEqual(['']);
  expect(first).toMatch(
    /^\d\d:\d\d:\d\d {2}warn {3}failed to connect {2}error="connect ECONNREFUSED 127.0.0.1:7880" {2}retry_count=1$/,
  );
  expect(second).toMatch(/^\S+ {2}info {3}session begins {2}jobID=AJ_1 {2}room=talk-1$/);
});

test('at debug it has the stack and what is nested', () => {
  const text = write(true, 'debug');
  expect(text).toMatch(/^ +at /m);
  expect(text).toContain('nested={"a":1}');
});

test('elsewhere it stays JSON', () => {
  const lines = write(false, 'info').trim().split('\n');
  expect(lines.map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual([
    'failed to connect',
    'session begins',
  ]);
});

test('what is no record passes, and no control character reaches the terminal', () => {
  expect(toReadableLine('not json\n', false)).toBe('not json\n');
  const line = toReadableLine(
    JSON.stringify({ time: 0, level: 30, msg: 'a\u001b[2Jb', x: 'c\u0007\nd' }),
    false,
  );
  expect(line.trimEnd()).not.toMatch(/\p{Cc}/u);
});
