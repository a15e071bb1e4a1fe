/** The demo answers without a model, says that it is one, and stops when told to. */
import { expect, test } from 'vitest';
import type { BackendEvent, BackendMessage } from '../../src/backend.ts';
import { DemoBackend } from '../../src/backends/demo-backend.ts';

async function ask(...messages: BackendMessage[]): Promise<BackendEvent[]> {
  const events: BackendEvent[] = [];
  const { signal } = new AbortController();
  for await (const event of new DemoBackend().stream({ messages, params: {} }, { signal }))
    events.push(event);
  return events;
}

const textOf = (events: BackendEvent[]): string =>
  events.map((event) => (event.type === 'text' ? event.text : '')).join('');

test('the first reply of a conversation says that no model is connected; the next ones do not', async () => {
  const first = await ask({ role: 'user', content: 'I have a headache' });
  expect(textOf(first)).toMatch(/^This is the demo: no model is connected/);
  expect(textOf(first)).toContain('Rest, drink enough');
  expect(first.length).toBeGreaterThan(20);
  expect(first.at(-1)).toEqual({ type: 'finish', reason: 'stop' });
  const next = await ask(
    { role: 'user', content: 'hi' },
    { role: 'assistant', content: textOf(first) },
    { role: 'user', content: 'what of sleep?' },
  );
  expect(textOf(next)).not.toContain('demo');
  expect(textOf(next)).toContain('same time each night');
});

test('an image is refused in words, not overlooked', async () => {
  const content = [{ type: 'image_url' as const, image_url: { url: 'data:image/png;base64,AAAA' } }];
  await expect(ask({ role: 'user', content })).rejects.toMatchObject({
    code: 'bad_request',
    message: 'The demo does not take images',
  });
});

test('an abort ends it at once', async () => {
  const abort = new AbortController();
  const events = new DemoBackend().stream({ messages: [{ role: 'user', content: 'hi' }], params: {} }, abort);
  await events.next();
  abort.abort();
  await expect(events.next()).rejects.toThrow();
});
