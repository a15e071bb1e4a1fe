/** A page or an agent can be built on the demo alone: asked in plain words over a real socket, it shows every kind of frame of a reply. */
import { expect, test } from 'vitest';
import type { Message } from '@ws-llm/protocol';
import { DemoBackend } from '../../src/backends/demo-backend.ts';
import type { Persona } from '../../src/personas/persona.ts';
import { startTestServer, testPersona, user } from '../test-server.ts';

const persona: Persona = {
  ...testPersona,
  emotions: ['calm', 'cheerful'],
  tools: [
    {
      name: 'note_mood',
      description: 'Notes the mood.',
      parameters: { type: 'object', properties: { mood: { type: 'string' } }, required: ['mood'] },
      frame: 'mood_noted',
    },
  ],
};
const light = { type: 'function', function: { name: 'switch_light', parameters: { type: 'object' } } };

async function start() {
  const { v1 } = await startTestServer({ persona, backend: () => new DemoBackend({ slowness: 0.01 }) });
  const client = await v1();
  let id = 0;
  return {
    client,
    /** The frames of one reply. */
    ask: (question: string | Message, more: object = {}) => {
      const messages = [typeof question === 'string' ? user(question) : question];
      client.send({ type: 'chat', id: String((id += 1)), messages, ...more });
      return client.untilEnd();
    },
  };
}

test('every kind of frame comes when it is asked for', async () => {
  const { client, ask } = await start();
  const typesOf = (frames: { type?: unknown }[]) => [...new Set(frames.map(({ type }) => type))];
  expect(typesOf(await ask('hello'))).toEqual(['delta', 'complete']);
  expect(typesOf(await ask('Show me your reasoning'))).toEqual(['reasoning', 'delta', 'complete']);
  expect(typesOf(await ask('Give me an error'))).toEqual(['error']);
  expect(typesOf(await ask('Show me an error in the middle'))).toEqual(['delta', 'error']);
  expect((await ask('a long reply', { params: { max_tokens: 3 } })).at(-1)).toMatchObject({
    finish_reason: 'length',
  });
  await ask('be happy', { annotate: ['emotion'] });
  expect(await client.nextOf('annotation')).toMatchObject({ emotion: 'cheerful' });
  client.send({ type: 'warm', id: 'w', messages: [user('hello')] });
  expect(await client.nextOf('warmed')).toMatchObject({ id: 'w' });
});

test("a client's tool is called, and what it answered is read out", async () => {
  const { ask } = await start();
  const frames = await ask('Use the tool switch light', { tools: [light] });
  const call = frames.find(({ type }) => type === 'tool_call')?.['call'] as { id: string } | undefined;
  expect(call).toMatchObject({ function: { name: 'switch_light' } });
  expect(frames.at(-1)).toMatchObject({ type: 'complete', finish_reason: 'tool_calls' });
  const result = { role: 'tool' as const, tool_call_id: call?.id ?? '', content: '{"light":"on"}' };
  const answer = await ask(result, { tools: [light] });
  const text = answer.map(({ type, content }) => (type === 'delta' ? String(content) : '')).join('');
  expect(text).toBe('The tool switch light says: light on.');
});

test("a persona's tool sends its frame, and the reply goes on", async () => {
  const { ask } = await start();
  const frames = await ask('Please note mood for tired people');
  expect(frames.find(({ type }) => type === 'mood_noted')).toMatchObject({ id: '1', mood: 'tired people' });
  const text = frames.map(({ type, content }) => (type === 'delta' ? String(content) : '')).join('');
  expect(text).toMatch(/One moment, I use note mood\. The tool note mood is done\.$/);
  expect(frames.at(-1)).toMatchObject({ type: 'complete', finish_reason: 'stop' });
});
