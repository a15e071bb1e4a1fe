/** The fake model is understood by the clients that people use, and fails them in every way that it promises. */
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Behaviour, Failure } from './behaviour.ts';
import { FakeModel } from './fake-model.ts';
import {
  chatCompletions,
  type Heard,
  ollamaChat,
  type RealClient,
  responsesOverHttp,
  responsesOverSocket,
} from './real-clients.ts';

async function startModel(...script: Behaviour[]): Promise<FakeModel> {
  const model = await FakeModel.start();
  model.script.push(...script);
  onTestFinished(() => model.close());
  return model;
}

/** What was heard, and what it was that ended it too early. */
async function listen(heard: AsyncIterable<Heard>): Promise<{ heard: Heard[]; error: Error | undefined }> {
  const all: Heard[] = [];
  try {
    for await (const one of heard) all.push(one);
  } catch (error) {
    return { heard: all, error: error instanceof Error ? error : new Error(String(error)) };
  }
  return { heard: all, error: undefined };
}

async function hearAll(client: RealClient, model: FakeModel): Promise<Heard[]> {
  const { heard, error } = await listen(client(model));
  if (error !== undefined) throw error;
  return heard;
}

const clients: Record<string, RealClient> = {
  'Chat Completions, openai SDK': chatCompletions,
  'Responses over HTTP, openai SDK': responsesOverHttp,
  'Responses over WebSocket, openai SDK': responsesOverSocket,
  'Ollama, ollama package': ollamaChat,
};
const responsesClients = [responsesOverHttp, responsesOverSocket];

/** Where dialects differ in their words. */
const words = {
  calls: (client: RealClient): string => (client === chatCompletions ? 'tool_calls' : 'stop'),
  length: (client: RealClient): string =>
    responsesClients.includes(client) ? 'max_output_tokens' : 'length',
};

describe.each(Object.entries(clients))('%s', (_, client) => {
  test('text comes piece by piece, then finish and usage', async () => {
    const model = await startModel({ tokens: ['a', 'b'] });
    expect(await hearAll(client, model)).toEqual([
      { type: 'text', text: 'a' },
      { type: 'text', text: 'b' },
      { type: 'finish', reason: 'stop' },
      { type: 'usage', prompt: 11, completion: 2 },
    ]);
    expect(await model.requests[0]?.closed).toMatchObject({ by: 'model' });
    expect(model.requests[0]).toMatchObject({ sent: 2 });
    expect(model).toMatchObject({ open: 0, mostOpen: 1 });
  });

  test('reasoning comes apart from text', async () => {
    const model = await startModel({ reasoning: ['hm', 'm'], tokens: ['42'], usage: false });
    expect(await hearAll(client, model)).toEqual([
      { type: 'reasoning', text: 'hm' },
      { type: 'reasoning', text: 'm' },
      { type: 'text', text: '42' },
      { type: 'finish', reason: 'stop' },
    ]);
  });

  test('parallel tool calls come whole', async () => {
    const toolCalls = [
      { id: 'call_1', name: 'weather', arguments: '{"city":"Oslo"}' },
      { id: 'call_2', name: 'weather', arguments: '{"city":"Rome"}' },
    ];
    const model = await startModel({ tokens: [], toolCalls, usage: false });
    expect(await hearAll(client, model)).toEqual([
      { type: 'call', name: 'weather', args: '{"city":"Oslo"}' },
      { type: 'call', name: 'weather', args: '{"city":"Rome"}' },
      { type: 'finish', reason: words.calls(client) },
    ]);
  });

  test('a reply that was too long says so', async () => {
    const model = await startModel({ tokens: ['a'], finishReason: 'length', usage: false });
    expect((await hearAll(client, model)).at(-1)).toEqual({ type: 'finish', reason: words.length(client) });
  });

  test('characters that are split between pieces come whole', async () => {
    const tokens = ['Grüße', ' 👩‍⚕️', ' 頭痛'];
    for (const pieceBytes of [1, 3]) {
      const model = await startModel({ tokens, pieceBytes });
      const texts = (await hearAll(client, model)).flatMap((one) => (one.type === 'text' ? [one.text] : []));
      expect(texts).toEqual(tokens);
    }
  });

  test.each([
    { type: 'status', status: 401 },
    { type: 'status', status: 429, retryAfter: '2', message: 'slow down' },
    { type: 'status', status: 500 },
  ] as const)('$status is the error that the client knows it by', async (failure) => {
    const model = await startModel({ tokens: ['a'], failure });
    const { heard, error } = await listen(client(model));
    expect(heard).toEqual([]);
    expect(statusOf(error)).toBe(failure.status);
    expect(error?.message).toContain('message' in failure ? failure.message : `status ${failure.status}`);
    expect(await model.requests[0]?.closed).toMatchObject({ by: 'model' });
  });

  test.each([0, 1])('silence after %i tokens lasts until the client leaves', async (after) => {
    const model = await startModel({ tokens: ['a', 'b'], failure: { type: 'silent', after } });
    const leave = new AbortController();
    const hearing = listen(leaveAt(client(model, { signal: leave.signal }), after, leave));
    const seen = await model.request(0);
    if (after === 0) leave.abort();
    expect(await seen.closed).toMatchObject({ by: 'client' });
    expect(seen.sent).toBe(after);
    expect((await hearing).heard).toHaveLength(after);
    expect(model.open).toBe(0);
  });

  test.each(['cut', 'reset', 'malformed', 'error'] as const)(
    '%s in the middle: the client has the first token and no finish',
    async (type) => {
      // The Ollama package tells the console of a line that it cannot read.
      const warn = vi.spyOn(console, 'warn').mockReturnValue();
      onTestFinished(() => warn.mockRestore());
      const failure: Failure = type === 'error' ? { type, after: 1, message: 'boom' } : { type, after: 1 };
      const model = await startModel({ tokens: ['a', 'b'], failure });
      const { heard, error } = await listen(client(model));
      expect(heard).toEqual([{ type: 'text', text: 'a' }]);
      if (type === 'error') expect(error?.message).toContain('boom');
      // The SDK takes a body that ends for a reply that ended.
      const staysCalm = type === 'cut' && [chatCompletions, responsesOverHttp].includes(client);
      if (!staysCalm) expect(error).toBeDefined();
      expect(await model.requests[0]?.closed).toMatchObject({ by: 'model' });
      expect(model.open).toBe(0);
    },
  );

  test('a model that does not listen refuses, and answers again on the same port', async () => {
    const model = await startModel();
    await hearAll(client, model);
    const { port } = model;
    model.stopListening();
    const { error } = await listen(client(model));
    expect(reasons(error)).toMatch(/ECONNREFUSED/);
    expect(model.requests).toHaveLength(1);
    await model.listenAgain();
    expect(model.port).toBe(port);
    expect(await hearAll(client, model)).not.toEqual([]);
  });

  test('a reply that is open when the model stops listening goes on, and its connection is not used again', async () => {
    const model = await startModel({ tokens: ['a', 'b'], tokenMs: 30, usage: false });
    const heard: Heard[] = [];
    for await (const one of client(model)) {
      if (heard.length === 0) model.stopListening();
      heard.push(one);
    }
    expect(heard.at(-1)).toEqual({ type: 'finish', reason: 'stop' });
    expect((await listen(client(model))).error).toBeDefined();
    expect(model.requests).toHaveLength(1);
  });

  test('closing the model ends what is open, by the model', async () => {
    const model = await startModel({ tokens: [], failure: { type: 'silent', after: 0 } });
    const hearing = listen(client(model));
    const seen = await model.request(0);
    await model.close();
    expect(await seen.closed).toMatchObject({ by: 'model' });
    expect((await hearing).error).toBeDefined();
  });
});

/** Leaves once so much was heard. */
async function* leaveAt(
  heard: AsyncIterable<Heard>,
  count: number,
  leave: AbortController,
): AsyncGenerator<Heard> {
  let so = 0;
  for await (const one of heard) {
    yield one;
    so += 1;
    if (so === count) leave.abort();
  }
}

/** As each client tells it: its own field, or what the event on a WebSocket said. */
function statusOf(error: unknown): unknown {
  const { status, status_code, error: event } = error as Record<string, unknown>;
  return status ?? status_code ?? (event as { status?: unknown } | undefined)?.status;
}

function reasons(error: unknown): string {
  if (!(error instanceof Error)) return '';
  const own = 'code' in error ? String(error.code) : '';
  return `${error.message} ${own} ${reasons(error.cause)}`;
}
