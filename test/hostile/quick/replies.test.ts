/**
 * Replies and threads: what ends a reply, what a thread remembers, and what is never dropped in
 * silence.
 */
import { expect, test, vi } from 'vitest';
import { scratchFolder, takerPersona } from '../parts/scratch-folder.ts';
import { endSharedServersAfterAll } from '../parts/servers.ts';
import { ask, startWorld } from '../parts/world.ts';

vi.setConfig({ testTimeout: 30_000 });
endSharedServersAfterAll();

test.for(['openai', 'ollama'] as const)(
  'at %s the end marker ends a reply, also where the body stays open',
  async (backend, context) => {
    const env = { IDLE_TIMEOUT_MS: '4000', TOTAL_TIMEOUT_MS: '8000' };
    const world = await startWorld(context, { clause: 'C16', backend, env });
    const client = await world.agent();
    const startedAt = performance.now();
    const frames = await ask(client, '1', '!stays-open All of it.');
    expect(frames.at(-1)).toMatchObject({ type: 'complete', finish_reason: 'stop' });
    expect(performance.now() - startedAt).toBeLessThan(2_000);
    // The model server's request is not left to itself.
    await expect.poll(async () => (await world.model.count()).open, { timeout: 5_000 }).toBe(0);
  },
);

test.for(['heard by A', ''] as const)(
  'what was heard of a reply (%j) leaves the reply of another connection with the same id alone',
  async (content, context) => {
    const world = await startWorld(context, { clause: 'C17', isShared: true });
    await world.model.set({ keptBodies: 10 });
    const [one, other] = [await world.agent(), await world.agent()];
    const thread = `shared ${content}`;
    await ask(one, '1', '!say first-reply', { thread });
    await ask(other, '1', '!say second-reply', { thread });
    await ask(one, '2', 'Go on.', { thread, heard: { id: '1', content } });
    const last = (await world.model.bodies()).at(-1) ?? '';
    // As replies of the model, not as the words that asked for them.
    const replies = (JSON.parse(last) as { messages: { role: string; content: string }[] }).messages
      .filter(({ role }) => role === 'assistant')
      .map((message) => message.content);
    expect(replies).toEqual(content === '' ? ['second-reply'] : [content, 'second-reply']);
  },
);

const image = { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } };
const file = { type: 'file', file: { file_id: 'f' } };
const text = { type: 'text', text: 'Look.' };

test.for([
  { role: 'system', content: [text, image] },
  { role: 'developer', content: [image] },
  { role: 'assistant', content: [text, file] },
  { role: 'tool', content: [image], tool_call_id: 'c' },
] as const)(
  'a content part of role $role that is no text is refused, not dropped',
  async (message, context) => {
    const world = await startWorld(context, { clause: 'C18', isShared: true });
    const client = await world.agent();
    const called = {
      role: 'assistant',
      content: null,
      tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }],
    };
    const before = message.role === 'tool' ? [called] : [];
    const messages = [...before, message, { role: 'user', content: 'Hi' }];
    client.send({ type: 'chat', id: '1', messages, mirror: { keep: 0 } });
    expect((await client.untilEnd()).at(-1)).toMatchObject({ type: 'error', code: 'bad_request' });
  },
);

test.for([
  ['v1', true],
  ['plain', false],
] as const)('one long reply in %s does not empty the memory of a thread', async ([, isV1], context) => {
  const world = await startWorld(context, { clause: 'C18', isShared: true });
  await world.model.set({ keptBodies: 10 });
  const question = `!say ${'long '.repeat(6_000)}`;
  if (isV1) {
    const client = await world.agent();
    await ask(client, '1', question);
    await ask(client, '2', 'What did you just say?');
  } else {
    const { TestSocket } = await import('../../stand-ins/test-socket.ts');
    const client = await TestSocket.open(`ws://127.0.0.1:${world.port}/`);
    for (const content of [question, 'What did you just say?']) {
      client.send({ type: 'chat', messages: [{ role: 'user', content }] });
      await client.untilEnd();
    }
  }
  const last = JSON.parse((await world.model.bodies()).at(-1) ?? '{}') as { messages: { role: string }[] };
  expect(last.messages.map(({ role }) => role)).toEqual(['system', 'user', 'assistant', 'user']);
});

test('a demand for a tool call is refused while the model takes no tools, not dropped', async (context) => {
  const folder = scratchFolder({
    'taker.md': takerPersona,
    'taker.tools.js': "export function take() { return 'taken'; }",
  });
  const world = await startWorld(context, { clause: 'C19', env: { PERSONAS_DIR: folder } });
  const client = await world.agent('/?persona=taker');
  // This teaches the server that the model takes none.
  await ask(client, '1', '!no-tools');
  for (const choice of ['required', { type: 'function', function: { name: 'take' } }]) {
    const id = JSON.stringify(choice);
    const frames = await ask(client, id, '!say nothing called', { tool_choice: choice });
    expect(frames.at(-1)).toMatchObject({ type: 'error', code: 'bad_request' });
  }
});
