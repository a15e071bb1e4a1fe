/** What every backend that talks to a model server must do, whatever the server's dialect. */
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Behaviour } from '../../../test/stand-ins/model/behaviour.ts';
import { FakeModel } from '../../../test/stand-ins/model/fake-model.ts';
import { type Backend, BackendError, type BackendEvent, type BackendRequest } from '../../src/backend.ts';
import { collect, failureOf, listen } from './collect.ts';

const question: BackendRequest = { messages: [{ role: 'user', content: 'hi' }], params: {} };

async function startModel(...script: Behaviour[]): Promise<FakeModel> {
  const model = await FakeModel.start();
  model.script.push(...script);
  onTestFinished(() => model.close());
  return model;
}

function textOf(events: BackendEvent[]): string {
  return events.map((event) => (event.type === 'text' ? event.text : '')).join('');
}

/** `make` gives a backend of one model on that server; undefined: the first that it lists. */
export function describeBackend(name: string, make: (model: FakeModel, name?: string) => Backend): void {
  describe(name, () => {
    test('text arrives in order, however many pieces of it come together, the finish last, with what it cost', async () => {
      const model = await startModel({ tokens: ['a', 'b', 'c'] });
      const events = await collect(make(model, 'fake-model'));
      expect(events.slice(0, -1).every(({ type }) => type === 'text')).toBe(true);
      expect(textOf(events)).toBe('abc');
      expect(events.at(-1)).toEqual({
        type: 'finish',
        reason: 'stop',
        usage: { promptTokens: 11, completionTokens: 3 },
      });
    });

    test('each piece is handed on when it comes, not when the reply is whole', async () => {
      const model = await startModel({ tokens: ['a', 'b'], failure: { type: 'silent', after: 1 } });
      const abort = new AbortController();
      const events = listen(make(model, 'fake-model'), question, abort);
      expect(await events.next()).toMatchObject({ value: { text: 'a' } });
      abort.abort();
    });

    test('characters and lines split anywhere between chunks come out whole', async () => {
      const tokens = ['Grüße', ' 👩‍⚕️', ' 頭痛', '…'];
      for (const pieceBytes of [1, 2, 3, 7]) {
        const model = await startModel({ tokens, pieceBytes });
        expect(textOf(await collect(make(model, 'fake-model')))).toBe(tokens.join(''));
      }
    });

    test('reasoning is told apart from text', async () => {
      const model = await startModel({ tokens: ['42'], reasoning: ['hm'] });
      const events = await collect(make(model, 'fake-model'));
      expect(events.slice(0, 2)).toEqual([
        { type: 'reasoning', text: 'hm' },
        { type: 'text', text: '42' },
      ]);
    });

    test('reasoning that the model writes into its text is told apart too, wherever it is cut', async () => {
      const whole = '\n<think>hm <b>so</b></think>\n\n42';
      for (const tokens of [[whole], whole.split(''), ['\n<thi', 'nk>hm <b>so</b></th', 'ink>\n', '\n42']]) {
        const model = await startModel({ tokens });
        const events = await collect(make(model, 'fake-model'));
        const reasoning = events.map((event) => (event.type === 'reasoning' ? event.text : '')).join('');
        expect([reasoning, textOf(events)]).toEqual(['hm <b>so</b>', '42']);
        expect(events.at(-1)).toMatchObject({ type: 'finish' });
      }
    });

    test('a reply that ends where a tag might have begun loses nothing', async () => {
      const model = await startModel({ tokens: ['  <th'] });
      expect(textOf(await collect(make(model, 'fake-model')))).toBe('  <th');
    });

    test('a history is told message by message: several system messages, calls that are no JSON', async () => {
      const model = await startModel();
      await collect(make(model, 'fake-model'), {
        messages: [
          { role: 'system', content: 'persona' },
          { role: 'system', content: 'instructions' },
          { role: 'user', content: 'weather?' },
          { role: 'assistant', content: '', toolCalls: [{ id: 'c', name: 'f', arguments: '{"city": "Os' }] },
          { role: 'tool', toolCallId: 'c', toolName: 'f', content: 'bad arguments' },
          { role: 'system', content: 'be brief' },
        ],
        params: {},
      });
      const { body } = await model.request(0);
      expect(body.messages.map(({ role, content }) => [role, content])).toEqual([
        ['system', 'persona'],
        ['system', 'instructions'],
        ['user', 'weather?'],
        ['assistant', ''],
        ['tool', 'bad arguments'],
        ['system', 'be brief'],
      ]);
    });

    test('parallel tool calls come whole, each with an id of its own', async () => {
      const toolCalls = [
        { id: 'call_1', name: 'weather', arguments: '{"city":"Oslo"}' },
        { id: 'call_2', name: 'weather', arguments: '{"city":"Rome"}' },
      ];
      const model = await startModel({ tokens: [], toolCalls });
      const events = await collect(make(model, 'fake-model'));
      const calls = events.flatMap((event) => (event.type === 'tool_call' ? [event.call] : []));
      expect(calls.map(({ name: tool, arguments: args }) => [tool, args])).toEqual([
        ['weather', '{"city":"Oslo"}'],
        ['weather', '{"city":"Rome"}'],
      ]);
      expect(new Set(calls.map(({ id }) => id)).size).toBe(2);
      expect(calls.every(({ id }) => id !== '')).toBe(true);
      expect(events.at(-1)).toMatchObject({ type: 'finish', reason: 'tool_calls' });
    });

    test('where calls may not be parallel, the first one is the only one', async () => {
      const toolCalls = [
        { id: 'call_1', name: 'weather', arguments: '{"city":"Oslo"}' },
        { id: 'call_2', name: 'weather', arguments: '{"city":"Rome"}' },
      ];
      const model = await startModel({ tokens: [], toolCalls });
      const request = { ...question, tools: [{ name: 'weather' }], parallelToolCalls: false };
      const events = await collect(make(model, 'fake-model'), request);
      expect(events.filter(({ type }) => type !== 'progress')).toMatchObject([
        { type: 'tool_call', call: { arguments: '{"city":"Oslo"}' } },
        { type: 'finish', reason: 'tool_calls' },
      ]);
    });

    test('a reply that hit its length says so', async () => {
      const model = await startModel({ tokens: ['a'], finishReason: 'length' });
      expect((await collect(make(model, 'fake-model'))).at(-1)).toMatchObject({
        type: 'finish',
        reason: 'length',
      });
    });

    test('a model that counts nothing is a reply without usage', async () => {
      const model = await startModel({ tokens: ['a'], usage: false });
      expect((await collect(make(model, 'fake-model'))).at(-1)).toEqual({ type: 'finish', reason: 'stop' });
    });

    test('a stream without an end marker has no finish, and may fail for that', async () => {
      const model = await startModel({ tokens: ['a', 'b'], failure: { type: 'cut', after: 1 } });
      const events: BackendEvent[] = [];
      const onEvent = (event: BackendEvent): void => void events.push(event);
      const { signal } = new AbortController();
      const failed: unknown = await make(model, 'fake-model')
        .reply(question, { signal, onEvent })
        .catch((error: unknown) => error);
      expect(events).toEqual([{ type: 'text', text: 'a' }]);
      if (failed !== undefined) expect(failed).toMatchObject({ code: 'backend_failed', retryable: true });
    });

    test.each([
      ['401', { type: 'status', status: 401 }, { code: 'backend_failed', retryable: false }],
      ['403', { type: 'status', status: 403 }, { code: 'backend_failed', retryable: false }],
      ['404', { type: 'status', status: 404 }, { code: 'backend_failed', retryable: false }],
      ['400', { type: 'status', status: 400 }, { code: 'bad_request', retryable: false }],
      [
        '429',
        { type: 'status', status: 429, retryAfter: '2' },
        { code: 'rate_limited', retryable: true, retryAfterMs: 2_000 },
      ],
      ['500', { type: 'status', status: 500 }, { code: 'backend_unavailable', retryable: true }],
      ['503', { type: 'status', status: 503 }, { code: 'backend_unavailable', retryable: true }],
      ['a reset connection', { type: 'reset', after: 1 }, { code: 'backend_failed', retryable: true }],
      ['a malformed line', { type: 'malformed', after: 1 }, { code: 'backend_failed', retryable: true }],
      ['an error in its stream', { type: 'error', after: 1, message: 'boom' }, { code: 'backend_failed' }],
    ] as const)('%s is a BackendError that says what it means', async (_, failure, meaning) => {
      const model = await startModel({ tokens: ['a', 'b'], failure });
      const failed = collect(make(model, 'fake-model'));
      await expect(failed).rejects.toBeInstanceOf(BackendError);
      await expect(failed).rejects.toMatchObject(meaning);
    });

    test("what the model says of its failure is in the error's words", async () => {
      const model = await startModel({
        tokens: [],
        failure: { type: 'status', status: 400, message: 'no such thing' },
      });
      expect(await failureOf(collect(make(model, 'fake-model')))).toMatch(/answered 400: no such thing$/);
    });

    test('a model that is away is backend_unavailable', async () => {
      const model = await startModel();
      const backend = make(model, 'fake-model');
      await model.close().catch(() => undefined);
      await expect(collect(backend)).rejects.toMatchObject({ code: 'backend_unavailable', retryable: true });
    });

    test.each([
      ['before the first token', { tokens: [], failure: { type: 'silent', after: 0 } }],
      ['in the middle', { tokens: ['a'], failure: { type: 'silent', after: 1 } }],
    ] as const)('an abort %s closes the request at once', async (_, behaviour) => {
      const model = await startModel(behaviour);
      const abort = new AbortController();
      const running = collect(make(model, 'fake-model'), question, abort.signal).catch(() => undefined);
      const seen = await model.request(0);
      const abortedAt = performance.now();
      abort.abort();
      const closed = await seen.closed;
      expect(closed.by).toBe('client');
      // How quick it is where the machine has nothing else to do is measured by the bench.
      expect(closed.at - abortedAt).toBeLessThan(1_000);
      await running;
    });

    // Two, because the second may start before the end of the first has been read.
    test('replies, one after the other, use the same one or two connections to the model', async () => {
      const model = await startModel();
      const backend = make(model, 'fake-model');
      for (let reply = 0; reply < 10; reply += 1) await collect(backend);
      expect(model.connections).toBeLessThanOrEqual(2);
    });

    test('without a model chosen the first that the server lists answers', async () => {
      const model = await startModel();
      const backend = make(model);
      expect(backend.model).toBeUndefined();
      await collect(backend);
      expect(backend.model).toBe('fake-model');
      expect(model.requests[0]?.body['model']).toBe('fake-model');
    });

    test('what is left to the model is not sent', async () => {
      const model = await startModel();
      await collect(make(model, 'fake-model'));
      const { body } = await model.request(0);
      const known = ['model', 'messages', 'stream', 'stream_options', 'keep_alive', 'truncate', 'shift'];
      expect(Object.keys(body).filter((key) => !known.includes(key))).toEqual([]);
    });
  });
}
