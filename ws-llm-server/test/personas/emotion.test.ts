/** How a reply feels is one of its persona's words or nothing, and asking for it never fails and never waits for ever. */
import { expect, onTestFinished, test } from 'vitest';
import { FakeModel } from '../../../test/stand-ins/model/fake-model.ts';
import type { Backend, BackendRequest } from '../../src/backend.ts';
import { OllamaBackend } from '../../src/backends/ollama-backend.ts';
import { buildEmotionRequest, classifyEmotion, readEmotion } from '../../src/personas/emotion.ts';

const emotions = ['calm', 'worried', 'very worried', 'Fröhlich', 'on-edge'];
const signal = new AbortController().signal;

async function startModel(...tokens: string[]): Promise<FakeModel> {
  const model = await FakeModel.start();
  onTestFinished(() => model.close());
  model.fallback = { tokens };
  return model;
}

function ollama(model: FakeModel): OllamaBackend {
  const backend = new OllamaBackend({ host: model.ollamaHost, model: 'fake-model' });
  onTestFinished(() => backend.close());
  return backend;
}

test.each([
  ['calm', 'calm'],
  ['Calm.', 'calm'],
  [' "CALM"\n', 'calm'],
  ['**calm**', 'calm'],
  ['The text feels calm.', 'calm'],
  ['Very worried', 'very worried'],
  ['It is worried', 'worried'],
  ['fröhlich!', 'Fröhlich'],
  ['On-Edge', 'on-edge'],
  ['calm, calm', 'calm'],
  ['', undefined],
  ['happy', undefined],
  ['calming', undefined],
  ['uncalm', undefined],
  ['calm or worried', undefined],
])('from the answer %j the word is %s', (answer, word) => {
  expect(readEmotion(answer, emotions)).toBe(word);
});

test('words that mean something in a pattern are words', () => {
  expect(readEmotion('so-so (a bit)', ['so-so (a bit)', 'a.b'])).toBe('so-so (a bit)');
  expect(readEmotion('axb', ['so-so (a bit)', 'a.b'])).toBeUndefined();
});

test('the question is short, names every word, and wants little', () => {
  const request = buildEmotionRequest(emotions, 'All is well. '.repeat(1_000), { model: 'm' });
  expect(request).toMatchObject({ model: 'm', params: { temperature: 0, maxTokens: 16 } });
  const text = JSON.stringify(request.messages);
  expect(text.length).toBeLessThan(3_000);
  for (const word of emotions) expect(text).toContain(word);
});

test('asked as the next turn, the conversation and its tools stay in front, word for word', () => {
  const after: BackendRequest = {
    model: 'm',
    messages: [
      { role: 'system', content: 'You are kind.' },
      { role: 'user', content: 'Hi' },
    ],
    tools: [{ name: 'ring' }],
    toolChoice: 'required',
    params: { temperature: 1, maxTokens: 300 },
  };
  const request = buildEmotionRequest(emotions, 'Hello!', { after });
  expect(request.messages.slice(0, 3)).toEqual([...after.messages, { role: 'assistant', content: 'Hello!' }]);
  expect(request).toMatchObject({
    model: 'm',
    tools: after.tools,
    params: { temperature: 0, maxTokens: 16 },
  });
  expect(request.toolChoice).toBeUndefined();
});

test('a model that answers with a word of the list tells how the reply feels', async () => {
  const model = await startModel('Wor', 'ried', '.');
  expect(await classifyEmotion(ollama(model), { emotions }, 'Oh no.', { signal, timeoutMs: 5_000 })).toBe(
    'worried',
  );
  expect(model.requests[0]?.body.messages.at(-1)?.content).toContain('Oh no.');
});

test('the persona’s own model is asked', async () => {
  const asked: BackendRequest[] = [];
  const backend: Backend = {
    name: 'scripted',
    model: 'm',
    async reply(request, { onEvent }) {
      asked.push(request);
      onEvent({ type: 'reasoning', text: 'It could be worried.' });
      onEvent({ type: 'text', text: 'calm' });
      onEvent({ type: 'finish', reason: 'stop' });
    },
  };
  const persona = { emotions, model: 'other-model' };
  expect(await classifyEmotion(backend, persona, 'Well.', { signal, timeoutMs: 5_000 })).toBe('calm');
  expect(asked).toMatchObject([{ model: 'other-model' }]);
});

test('a model that answers with anything else tells nothing', async () => {
  const model = await startModel('I cannot say.');
  expect(
    await classifyEmotion(ollama(model), { emotions }, 'Well.', { signal, timeoutMs: 5_000 }),
  ).toBeUndefined();
});

test('a persona without words, and a reply without any, are not asked about', async () => {
  const model = await startModel('calm');
  expect(await classifyEmotion(ollama(model), {}, 'Well.', { signal, timeoutMs: 5_000 })).toBeUndefined();
  expect(
    await classifyEmotion(ollama(model), { emotions }, ' ', { signal, timeoutMs: 5_000 }),
  ).toBeUndefined();
  expect(model.requests).toEqual([]);
});

test.each([
  ['refuses', { type: 'status', status: 400 }],
  ['breaks off', { type: 'cut', after: 1 }],
  ['resets the connection', { type: 'reset', after: 1 }],
] as const)('a model that %s tells nothing, and throws nothing', async (_, failure) => {
  const model = await startModel();
  model.fallback = { tokens: ['calm', ' '], failure };
  expect(
    await classifyEmotion(ollama(model), { emotions }, 'Well.', { signal, timeoutMs: 5_000 }),
  ).toBeUndefined();
});

test('a model that takes too long is given up, and its request closed', async () => {
  const model = await startModel();
  model.fallback = { tokens: ['calm'], failure: { type: 'silent', after: 0 } };
  const asked = classifyEmotion(ollama(model), { emotions }, 'Well.', { signal, timeoutMs: 100 });
  expect(await asked).toBeUndefined();
  expect((await (await model.request(0)).closed).by).toBe('client');
});

test('an abort ends it at once, and closes the request', async () => {
  const model = await startModel();
  model.fallback = { tokens: ['calm'], failure: { type: 'silent', after: 0 } };
  const abort = new AbortController();
  const asked = classifyEmotion(ollama(model), { emotions }, 'Well.', {
    signal: abort.signal,
    timeoutMs: 60_000,
  });
  const request = await model.request(0);
  abort.abort();
  expect(await asked).toBeUndefined();
  expect((await request.closed).by).toBe('client');
});

test('a model that answers with more than a word is not listened to for long', async () => {
  const model = await startModel(...Array.from({ length: 2_000 }, () => 'calm and calm and calm '));
  model.fallback = { ...model.fallback, tokenMs: 1 };
  const asked = classifyEmotion(ollama(model), { emotions }, 'Well.', { signal, timeoutMs: 5_000 });
  expect(await asked).toBeUndefined();
  const seen = await model.request(0);
  expect((await seen.closed).by).toBe('client');
  expect(seen.sent).toBeLessThan(1_000);
});
