/** A conversation of any length is answered: persona and newest turns reach the model whole, and what had to go is told. */
import { describe, expect, onTestFinished, test } from 'vitest';
import type { ContextWindow } from '../../../test/stand-ins/model/context-window.ts';
import { FakeModel } from '../../../test/stand-ins/model/fake-model.ts';
import type {
  Backend,
  BackendContext,
  BackendEvent,
  BackendMessage,
  BackendRequest,
} from '../../src/backend.ts';
import { withFittingContexts } from '../../src/backends/fitting-backend.ts';
import { OllamaBackend } from '../../src/backends/ollama-backend.ts';
import { OpenAIBackend } from '../../src/backends/openai-backend.ts';
import { collect } from './collect.ts';

const persona: BackendMessage = { role: 'system', content: 'You are Ada. '.repeat(20) };
const limit = 600;

/** So many turns, each a question and its answer, and a last question: about 45 tokens a turn. */
function conversation(turns: number): BackendMessage[] {
  const past = Array.from({ length: turns }, (_, turn): BackendMessage[] => [
    { role: 'user', content: `question ${turn}: ${'why '.repeat(20)}` },
    { role: 'assistant', content: `answer ${turn}: ${'so '.repeat(20)}` },
  ]);
  return [persona, ...past.flat(), { role: 'user', content: 'the last question' }];
}

interface Asked {
  model: FakeModel;
  backend: Backend;
  /** What each request to the model held, in order. */
  sent: () => string[][];
}

type Make = (model: FakeModel) => Backend;

async function start(make: Make, context: ContextWindow): Promise<Asked> {
  const model = await FakeModel.start();
  onTestFinished(() => model.close());
  model.context = context;
  const sent = (): string[][] =>
    model.requests.map(({ body }) => body.messages.map(({ content }) => String(content)));
  return { model, backend: withFittingContexts(make(model)), sent };
}

const ollama: Make = (model) => new OllamaBackend({ host: model.ollamaHost, model: 'fake-model' });
const openAI: Make = (model) =>
  new OpenAIBackend({ apiKey: '', baseUrl: model.openAIBaseUrl, model: 'fake-model' });

function ask(backend: Backend, messages: BackendMessage[], more = {}): Promise<BackendEvent[]> {
  return collect(backend, { messages, params: {}, ...more } satisfies BackendRequest);
}

function contexts(events: BackendEvent[]): BackendContext[] {
  return events.flatMap((event) => (event.type === 'context' ? [event.context] : []));
}

const words = ['openai', 'vllm', 'llama.cpp', 'LM Studio', 'Groq'] as const;
const dialects: [string, Make, ContextWindow][] = [
  ['Ollama', ollama, { tokens: limit }],
  ...words.map((said): [string, Make, ContextWindow] => [said, openAI, { tokens: limit, words: said }]),
];

describe.each(dialects)('%s', (_, make, context) => {
  test('a conversation that does not fit is answered, with the persona and the newest turns', async () => {
    const { backend, sent } = await start(make, context);
    const messages = conversation(40);
    const events = await ask(backend, messages);
    expect(events.at(-1)).toMatchObject({ type: 'finish', reason: 'stop' });
    const taken = sent().at(-1) ?? [];
    const dropped = messages.length - taken.length;
    expect(taken).toEqual([persona, ...messages.slice(1 + dropped)].map(({ content }) => content));
    // Whole turns: what is left begins with a question.
    expect(taken[1]).toMatch(/^question/);
    expect(taken.length).toBeGreaterThan(4);
    const told = contexts(events);
    expect(told.at(-1)?.droppedMessages).toBe(dropped);
    expect(events[0]?.type).toBe('context');
  });

  test('the next turns do not pay for a refusal again', async () => {
    const { model, backend } = await start(make, context);
    await ask(backend, conversation(40));
    const before = model.requests.length;
    for (const turns of [41, 42, 43]) await ask(backend, conversation(turns));
    expect(model.requests.length - before).toBe(3);
  });

  test('where persona and the last turn alone are too much, it is told and not answered', async () => {
    const { model, backend } = await start(make, context);
    const messages: BackendMessage[] = [...conversation(3), { role: 'user', content: 'why '.repeat(1_000) }];
    await expect(ask(backend, messages)).rejects.toMatchObject({
      code: 'context_too_long',
      retryable: false,
      message: expect.stringContaining('the last turn alone') as string,
    });
    expect(model.requests.length).toBeLessThanOrEqual(5);
  });
});

// Without a number what it takes is found out by asking, and the second turn may be cut once more.
const telling = dialects.filter(([said]) => said !== 'Groq');
test.each(telling)(
  '%s: the next turns begin with the same words, so that the cache of the model hits',
  async (_, make, context) => {
    const { backend, sent } = await start(make, context);
    await ask(backend, conversation(40));
    const first = sent().at(-1) ?? [];
    await ask(backend, conversation(41));
    expect((sent().at(-1) ?? []).slice(0, first.length - 1)).toEqual(first.slice(0, -1));
  },
);

test('what had to go is told with the limit, and in the end with what the model counted', async () => {
  const { backend } = await start(ollama, { tokens: limit });
  const told = contexts(await ask(backend, conversation(40)));
  expect(told).toHaveLength(2);
  const [guessed, counted] = told;
  expect(counted).toMatchObject({ limitTokens: limit, droppedMessages: guessed?.droppedMessages });
  expect(counted?.usedTokens).toBeGreaterThan(limit / 3);
  expect(counted?.usedTokens).toBeLessThanOrEqual(limit);
  expect(Math.abs((guessed?.usedTokens ?? 0) - (counted?.usedTokens ?? 0))).toBeLessThan(60);
});

test('a conversation that fits is sent as it is, and nothing is told', async () => {
  const { backend, sent } = await start(ollama, { tokens: limit });
  const messages = conversation(5);
  expect(contexts(await ask(backend, messages))).toEqual([]);
  expect(sent()).toEqual([messages.map(({ content }) => content)]);
});

test('room is left for the reply', async () => {
  const { backend, sent, model } = await start(ollama, { tokens: limit });
  // Without a refusal: the limit is known when the model is loaded.
  await ask(backend, conversation(1));
  for (const turns of [9, 10, 11]) await ask(backend, conversation(turns), { params: { maxTokens: 100 } });
  const counted = sent().map((contents) =>
    contents.reduce((sum, text) => sum + 4 + Math.ceil(text.length / 4), 0),
  );
  for (const tokens of counted) expect(tokens).toBeLessThanOrEqual(limit - 100);
  expect(model.requests).toHaveLength(4);
});

test('calls and their results go with their turn', async () => {
  const { backend, sent } = await start(openAI, { tokens: limit });
  const turn = (number: number): BackendMessage[] => [
    { role: 'user', content: `question ${number} ${'why '.repeat(20)}` },
    { role: 'assistant', content: '', toolCalls: [{ id: `c${number}`, name: 'f', arguments: '{}' }] },
    { role: 'tool', toolCallId: `c${number}`, content: `result ${number} ${'so '.repeat(20)}` },
    { role: 'assistant', content: `answer ${number}` },
  ];
  const last = turn(99).slice(0, 3);
  await ask(backend, [persona, ...Array.from({ length: 30 }, (_, number) => turn(number)).flat(), ...last]);
  const taken = sent().at(-1) ?? [];
  expect(taken[1]).toMatch(/^question/);
  expect(taken.slice(-3)).toEqual(last.map(({ content }) => content));
  expect((taken.length - 1 - last.length) % 4).toBe(0);
});

test('a reply that was asked to be longer than there is room for is asked for shorter', async () => {
  const { model, backend } = await start(openAI, { tokens: limit });
  model.context = undefined;
  model.script.push({
    tokens: [],
    failure: {
      type: 'status',
      status: 400,
      message: `'max_tokens' or 'max_completion_tokens' is too large: 5000. This model's maximum context length is ${limit} tokens and your request has 90 input tokens (5000 > ${limit} - 90).`,
    },
  });
  const messages = conversation(1);
  const events = await ask(backend, messages, { params: { maxTokens: 5_000 } });
  expect(contexts(events)).toEqual([]);
  const [, second] = model.requests;
  expect(second?.body['max_tokens']).toBeLessThanOrEqual(limit - 90);
  expect(second?.body['max_tokens']).toBeGreaterThan(limit / 2);
  expect(second?.body.messages).toHaveLength(messages.length);
});

test('another conversation that begins alike loses nothing by it', async () => {
  const { backend, sent } = await start(ollama, { tokens: limit });
  await ask(backend, conversation(60));
  const short = conversation(6);
  await ask(backend, short);
  expect(sent().at(-1)).toHaveLength(short.length);
});

test('warming fits too, and teaches the size of the next request', async () => {
  const { backend, sent } = await start(ollama, { tokens: limit });
  const request: BackendRequest = { messages: conversation(40), params: {} };
  await backend.warm?.(request, new AbortController());
  await collect(backend, request);
  expect(sent().at(-1)).toEqual(sent().at(-2));
});

test('other failures are told as they are, at once', async () => {
  const { model, backend } = await start(ollama, { tokens: limit });
  model.script.push({ tokens: [], failure: { type: 'status', status: 500, message: 'boom' } });
  await expect(ask(backend, conversation(1))).rejects.toMatchObject({ code: 'backend_unavailable' });
  expect(model.requests).toHaveLength(1);
});
