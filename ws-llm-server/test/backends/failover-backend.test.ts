/** A reply comes from the first backend that can give it, whole, and says from which. */
import { expect, onTestFinished, test, vi } from 'vitest';
import type { Behaviour, Failure } from '../../../test/stand-ins/model/behaviour.ts';
import { BackendError, type BackendEvent, type BackendRequest } from '../../src/backend.ts';
import { failureText } from '../../src/failure-text.ts';
import { collect, listen } from './collect.ts';
import { askingFirst, askingSecond, byFirst, bySecond, bySecondAlone, startTwo } from './two-backends.ts';

const question: BackendRequest = { messages: [{ role: 'user', content: 'hi' }], params: {} };

test('the first answers while it can, and says so; the second is not asked', async () => {
  const { second, backend } = await startTwo();
  expect([backend.name, backend.model]).toEqual(['ollama,openai', 'fake-model']);
  expect(await collect(backend)).toMatchObject(byFirst);
  expect(second.requests).toHaveLength(0);
});

test.each<[string, Failure, string]>([
  ['refuses the key', { type: 'status', status: 401 }, 'backend_failed'],
  ['lost its model', { type: 'status', status: 404 }, 'backend_failed'],
  ['has too much to do', { type: 'status', status: 429 }, 'rate_limited'],
  ['is overloaded', { type: 'status', status: 503 }, 'backend_unavailable'],
  ['breaks off before its first word', { type: 'cut', after: 0 }, 'backend_failed'],
  ['resets the connection', { type: 'reset', after: 0 }, 'backend_failed'],
])('where the first %s, the second answers', async (_, failure, code) => {
  const { first, backend, failures } = await startTwo();
  first.script.push({ tokens: ['never'], failure });
  expect(await collect(backend)).toMatchObject(bySecond);
  expect(failures).toEqual([['ollama', code]]);
});

test('where the first is away, the second answers', async () => {
  const { first, backend } = await startTwo();
  first.stopListening();
  expect(await collect(backend)).toMatchObject(bySecond);
});

test('where the first says nothing in its share of the time, it is closed and the second answers', async () => {
  const { first, backend, failures } = await startTwo({ afterMs: 400 });
  // Loaded before, so that the time goes to the chat alone.
  await collect(backend);
  first.script.push({ tokens: [], failure: { type: 'silent', after: 0 } });
  expect(await collect(backend)).toMatchObject(bySecond);
  expect(failures).toEqual([['ollama', 'backend_timeout']]);
  expect(await first.requests[1]?.closed).toMatchObject({ by: 'client' });
});

test('the last one has all the time that there is', async () => {
  const { first, second, backend } = await startTwo({ afterMs: 20 });
  first.stopListening();
  second.script.push({ tokens: ['late'], firstTokenMs: 80 });
  expect(await collect(backend)).toMatchObject([askingFirst, askingSecond, { text: 'late' }, {}]);
});

test('after the first word nobody else is asked: the failure is told', async () => {
  const { first, second, backend } = await startTwo();
  first.script.push({ tokens: ['one', 'more'], failure: { type: 'reset', after: 1 } });
  const heard: string[] = [];
  const onEvent = ({ type }: BackendEvent): void => void heard.push(type);
  const { signal } = new AbortController();
  await expect(backend.reply(question, { signal, onEvent })).rejects.toMatchObject({
    code: 'backend_failed',
  });
  expect(heard).toEqual(['answering', 'text']);
  expect(second.requests).toHaveLength(0);
});

test.each([
  ['a request that is wrong', 400, 'bad_request'],
  ['a request that is too long', 413, 'context_too_long'],
])('%s is told, not tried elsewhere', async (_, status, code) => {
  const { first, second, backend, failures } = await startTwo();
  const message = 'the input length exceeds the context length';
  first.script.push({
    tokens: [],
    failure: { type: 'status', status, ...(status === 413 && { message }) },
  });
  await expect(collect(backend)).rejects.toMatchObject({ code });
  expect([second.requests.length, failures]).toEqual([0, []]);
});

test('one that failed is left alone for a while, then comes first again', async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  onTestFinished(() => void vi.useRealTimers());
  const { first, backend } = await startTwo({ restMs: 1_000 });
  first.script.push({ tokens: [], failure: { type: 'status', status: 500 } });
  await collect(backend);
  expect(await collect(backend)).toMatchObject(bySecondAlone);
  expect(first.requests).toHaveLength(1);
  vi.advanceTimersByTime(1_001);
  expect(await collect(backend)).toMatchObject(byFirst);
});

test('one that asked to be left alone for longer is', async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  onTestFinished(() => void vi.useRealTimers());
  const { first, backend } = await startTwo({ restMs: 1_000 });
  first.script.push({ tokens: [], failure: { type: 'status', status: 429, retryAfter: '60' } });
  await collect(backend);
  vi.advanceTimersByTime(30_000);
  expect(await collect(backend)).toMatchObject(bySecondAlone);
  vi.advanceTimersByTime(31_000);
  expect(await collect(backend)).toMatchObject(byFirst);
});

test('where all fail, what each said is told; those that rest are still asked', async () => {
  const { first, second, backend } = await startTwo();
  const failure: Failure = { type: 'status', status: 503, message: 'busy' };
  const failing: Behaviour = { tokens: [], failure };
  first.fallback = failing;
  second.fallback = failing;
  for (let attempt = 1; attempt <= 2; attempt += 1) {
    const error: unknown = await collect(backend).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(BackendError);
    expect(error).toMatchObject({
      code: 'backend_unavailable',
      retryable: true,
    });
    expect(failureText(error)).toMatch(/Ollama at .*: busy\. The model server at .*: busy$/);
    expect([first.requests.length, second.requests.length]).toEqual([attempt, attempt]);
  }
});

test.each(['first', 'second'] as const)('an abort reaches whoever runs: the %s', async (which) => {
  const both = await startTwo();
  if (which === 'second') both.first.stopListening();
  both[which].script.push({ tokens: ['a'], failure: { type: 'silent', after: 0 } });
  const abort = new AbortController();
  const running = collect(both.backend, question, abort.signal).catch(() => 'aborted');
  const seen = await both[which].request(0);
  abort.abort();
  expect(await running).toBe('aborted');
  expect(await seen.closed).toMatchObject({ by: 'client' });
  expect(both.failures).toHaveLength(which === 'second' ? 1 : 0);
});

test('an abort in the middle closes the request, and nobody else is asked', async () => {
  const { first, second, backend } = await startTwo();
  first.script.push({ tokens: ['a', 'b'], failure: { type: 'silent', after: 1 } });
  const abort = new AbortController();
  const events = listen(backend, question, abort);
  expect((await events.next()).value).toMatchObject({ type: 'answering' });
  expect((await events.next()).value).toMatchObject({ text: 'a' });
  abort.abort();
  await expect(events.next()).rejects.toThrow();
  expect(await first.requests[0]?.closed).toMatchObject({ by: 'client' });
  expect(second.requests).toHaveLength(0);
});
