/** What people say stays out of the agent's log, LiveKit's own lines included, unless somebody asks for debug. */
import { initializeLogger, log } from '@livekit/agents';
import { expect, test, vi } from 'vitest';
import { keepLogPrivate } from '../src/private-log.ts';

function lines(level: string, write: () => void): string {
  const written: string[] = [];
  const spy = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    written.push(String(text));
    return true;
  });
  try {
    initializeLogger({ pretty: false, level });
    keepLogPrivate();
    write();
    log()
      .child({ part: 'recognition' })
      .info({ 'lk.pii.user_transcript': 'my knee hurts', confidence: 1 }, 'received');
  } finally {
    spy.mockRestore();
  }
  return written.join('');
}

test('transcripts that LiveKit logs at info are left out, the rest stays', () => {
  const text = lines('info', () => log().info({ 'lk.pii.user_input': 'my head hurts', speech: 1 }, 'asked'));
  expect(text).not.toMatch(/hurts/);
  expect(text).toMatch(/"speech":1.*asked/);
  expect(text).toMatch(/"confidence":1.*received/);
});

test('at debug they are there', () => {
  expect(lines('debug', () => undefined)).toContain('my knee hurts');
});
