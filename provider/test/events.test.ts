// What is not spoken is told as events: thoughts at once, how replies ended, and the frames of persona tools once their reply counts.
import { llm, voice } from '@livekit/agents';
import {
  replyExtraOf,
  type PersonaFrameEvent,
  type ReasoningEvent,
  type ReplyEndedEvent,
  type WebSocketLLM,
} from 'livekit-agents-plugin-ws-llm';
import { expect, onTestFinished, test } from 'vitest';
import type { Chat } from '../../test/stand-ins/scripted-server.ts';
import { ask, connect, connected, serve } from './harness.ts';

function framesOf(model: WebSocketLLM): PersonaFrameEvent[] {
  const frames: PersonaFrameEvent[] = [];
  model.on('persona_frame', (frame) => frames.push(frame));
  return frames;
}

const headache = { symptoms: [{ name: 'headache', choice_id: 'present' }] };
const fever = { symptoms: [{ name: 'fever', choice_id: 'absent' }] };

function collect(chat: Chat): void {
  chat.send({ type: 'symptoms_collected', id: chat.id, ...headache });
  chat.send({ type: 'symptoms_collected', id: chat.id, ...fever });
  chat.answer('I see.');
}

test('thoughts come as they are thought', async () => {
  const server = await serve({
    onChat: (chat) => {
      chat.send({ type: 'reasoning', id: chat.id, content: 'They greet ' });
      chat.send({ type: 'reasoning', id: chat.id, content: 'me.' });
      chat.answer('Hello.');
    },
  });
  const model = await connected(server);
  const thoughts: ReasoningEvent[] = [];
  model.on('reasoning', (thought) => thoughts.push(thought));
  expect((await model.chat({ chatCtx: ask() }).collect()).text).toBe('Hello.');
  const reply = server.chats[0]?.id;
  expect(thoughts).toEqual([
    { reply, text: 'They greet ' },
    { reply, text: 'me.' },
  ]);
});

test('an interrupted reply still tells what it cost', async () => {
  const server = await serve({ onChat: (chat) => chat.delta('A long') });
  const model = await connected(server);
  const ended = new Promise<ReplyEndedEvent>((resolve) => model.once('reply_ended', resolve));
  const stream = model.chat({ chatCtx: ask() });
  await stream.next();
  stream.close();
  expect(await ended).toMatchObject({
    reply: server.chats[0]?.id,
    finishReason: 'cancelled',
    usage: { promptTokens: 11, completionTokens: 3 },
    timing: { totalMs: 9 },
  });
});

test('a persona’s frames wait until their reply stands in a history, then come once and in order', async () => {
  const server = await serve({ onChat: collect });
  const model = await connected(server);
  const frames = framesOf(model);
  const chatCtx = ask();
  const { text, extra } = await model.chat({ chatCtx }).collect();
  expect(frames).toEqual([]);
  chatCtx.addMessage({ role: 'assistant', content: text, extra });
  await model.chat({ chatCtx }).collect();
  const reply = server.chats[0]?.id;
  expect(frames).toEqual([
    { type: 'symptoms_collected', reply, data: headache },
    { type: 'symptoms_collected', reply, data: fever },
  ]);
  await model.chat({ chatCtx }).collect();
  expect(frames).toHaveLength(2);
});

test('a reply that only calls a tool counts by its call', async () => {
  const call = { id: 'c1', type: 'function', function: { name: 'f', arguments: '{}' } };
  const server = await serve({
    onChat: (chat) => {
      chat.send({ type: 'symptoms_collected', id: chat.id, ...headache });
      chat.send({ type: 'tool_call', id: chat.id, call });
      chat.complete({ finish_reason: 'tool_calls' });
    },
  });
  const model = await connected(server);
  const frames = framesOf(model);
  const { toolCalls } = await model.chat({ chatCtx: ask() }).collect();
  for (const item of toolCalls) model.adopt(item);
  expect(frames).toMatchObject([{ reply: server.chats[0]?.id, data: headache }]);
});

test('replies that were abandoned, though read to their end, tell nothing', async () => {
  const server = await serve({ onChat: collect });
  const model = await connected(server);
  const frames = framesOf(model);
  for (let guess = 0; guess < 40; guess += 1) await model.chat({ chatCtx: ask() }).collect();
  const { extra } = await model.chat({ chatCtx: ask() }).collect();
  const chatCtx = ask();
  chatCtx.addMessage({ role: 'assistant', content: 'I see.', extra });
  await model.chat({ chatCtx }).collect();
  expect(new Set(frames.map(({ reply }) => reply))).toEqual(new Set([replyExtraOf({ extra })?.reply]));
});

test('in a session the frames come with the message that is added, not a turn later', async () => {
  const server = await serve({ onChat: collect });
  const model = connect(server);
  const frames = framesOf(model);
  const session = new voice.AgentSession({ llm: model, vad: null, turnHandling: { turnDetection: null } });
  session.on(voice.AgentSessionEventTypes.Error, () => {});
  session.on(voice.AgentSessionEventTypes.ConversationItemAdded, ({ item }) => model.adopt(item));
  await session.start({ agent: new voice.Agent({ instructions: '' }) });
  onTestFinished(() => session.close());
  await session.run({ userInput: 'My head hurts.' }).wait();
  expect(frames.map(({ data }) => data)).toEqual([headache, fever]);
});

test('a listener that throws takes no reply down', async () => {
  const server = await serve({
    onChat: (chat) => {
      chat.send({ type: 'reasoning', id: chat.id, content: 'hm' });
      chat.answer('Hello.');
    },
  });
  const model = await connected(server);
  model.on('reasoning', () => {
    throw new Error('a listener’s own mistake');
  });
  expect((await model.chat({ chatCtx: ask() }).collect()).text).toBe('Hello.');
});

test('history of other models adopts nothing', async () => {
  const model = await connected(await serve({ onChat: collect }));
  const frames = framesOf(model);
  await model.chat({ chatCtx: ask() }).collect();
  model.adopt(new llm.ChatMessage({ role: 'assistant', content: 'x' }));
  expect(frames).toEqual([]);
});
