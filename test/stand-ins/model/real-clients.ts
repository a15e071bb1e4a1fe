/** The clients that people use, each brought to one form, so that one test can hold the fake model against all of them. */
import { Ollama } from 'ollama';
import OpenAI from 'openai';
import type { ResponseStreamEvent } from 'openai/resources/responses/responses';
import { ResponsesWS } from 'openai/resources/responses/ws';
import type { FakeModel } from './fake-model.ts';

/** What a client makes of one event. */
export type Heard =
  | { type: 'text'; text: string }
  | { type: 'reasoning'; text: string }
  | { type: 'call'; name: string; args: string }
  | { type: 'finish'; reason: string }
  | { type: 'usage'; prompt: number; completion: number };

export interface Question {
  signal?: AbortSignal;
  /** Responses alone. */
  previous?: string;
}

/** Throws what the client throws. */
export type RealClient = (model: FakeModel, question?: Question) => AsyncGenerator<Heard, void, undefined>;

const messages = [{ role: 'user' as const, content: 'hi' }];

function openAI(model: FakeModel): OpenAI {
  return new OpenAI({ apiKey: 'none', baseURL: model.openAIBaseUrl, maxRetries: 0, logLevel: 'off' });
}

export async function* chatCompletions(
  model: FakeModel,
  { signal }: Question = {},
): AsyncGenerator<Heard, void, undefined> {
  const body = { model: 'fake-model', messages, stream: true as const };
  const chunks = await openAI(model).chat.completions.create(body, signal === undefined ? {} : { signal });
  const calls: { name: string; args: string }[] = [];
  for await (const { choices, usage } of chunks) {
    const [choice] = choices;
    const delta: { reasoning_content?: string } & NonNullable<typeof choice>['delta'] = choice?.delta ?? {};
    if (delta.reasoning_content !== undefined) yield { type: 'reasoning', text: delta.reasoning_content };
    if (typeof delta.content === 'string') yield { type: 'text', text: delta.content };
    for (const { index, function: called } of delta.tool_calls ?? []) {
      const call = (calls[index] ??= { name: called?.name ?? '', args: '' });
      call.args += called?.arguments ?? '';
    }
    if (typeof choice?.finish_reason === 'string') {
      for (const call of calls) yield { type: 'call', ...call };
      yield { type: 'finish', reason: choice.finish_reason };
    }
    if (usage) yield { type: 'usage', prompt: usage.prompt_tokens, completion: usage.completion_tokens };
  }
}

export async function* ollamaChat(
  model: FakeModel,
  { signal }: Question = {},
): AsyncGenerator<Heard, void, undefined> {
  // Its own abort does not reach a request that has no answer yet.
  const client = new Ollama({
    host: model.ollamaHost,
    fetch: (input, init) => fetch(input, signal === undefined ? init : { ...init, signal }),
  });
  const chunks = await client.chat({ model: 'fake-model', messages, stream: true });
  for await (const chunk of chunks) {
    const { content, thinking, tool_calls } = chunk.message;
    if (thinking) yield { type: 'reasoning', text: thinking };
    if (content) yield { type: 'text', text: content };
    for (const { function: called } of tool_calls ?? [])
      yield { type: 'call', name: called.name, args: JSON.stringify(called.arguments) };
    if (!chunk.done) continue;
    yield { type: 'finish', reason: chunk.done_reason };
    const { prompt_eval_count: prompt, eval_count: completion } = chunk as Partial<typeof chunk>;
    if (prompt !== undefined && completion !== undefined) yield { type: 'usage', prompt, completion };
  }
}

export async function* responsesOverHttp(
  model: FakeModel,
  { signal, previous }: Question = {},
): AsyncGenerator<Heard, void, undefined> {
  const body = { model: 'fake-model', input: 'hi', stream: true as const, ...previousOf(previous) };
  const events = await openAI(model).responses.create(body, signal === undefined ? {} : { signal });
  for await (const event of events) yield* hear(event);
}

/** A socket for this question alone. */
export async function* responsesOverSocket(
  model: FakeModel,
  { signal, previous }: Question = {},
): AsyncGenerator<Heard, void, undefined> {
  const socket = new ResponsesWS(openAI(model));
  const onAbort = (): void => socket.close();
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    socket.send({
      type: 'response.create',
      model: 'fake-model',
      input: 'hi',
      ...previousOf(previous),
    });
    for await (const event of socket) {
      if (event.type === 'error') throw event.error;
      if (event.type === 'raw') throw new Error('a message that cannot be read');
      if (event.type === 'close') throw new Error(`closed with ${event.code}`);
      if (event.type !== 'message') continue;
      yield* hear(event.message);
      if (['response.completed', 'response.incomplete'].includes(event.message.type)) return;
    }
  } finally {
    signal?.removeEventListener('abort', onAbort);
    socket.close();
  }
}

function previousOf(previous: string | undefined): object {
  return previous === undefined ? {} : { previous_response_id: previous };
}

function* hear(event: ResponseStreamEvent): Generator<Heard, void, undefined> {
  if (event.type === 'response.reasoning_summary_text.delta') yield { type: 'reasoning', text: event.delta };
  if (event.type === 'response.output_text.delta') yield { type: 'text', text: event.delta };
  if (event.type === 'response.output_item.done' && event.item.type === 'function_call')
    yield { type: 'call', name: event.item.name, args: event.item.arguments };
  if (event.type === 'response.failed') throw new Error(event.response.error?.message);
  if (event.type === 'response.incomplete' || event.type === 'response.completed') {
    const { incomplete_details: incomplete, usage } = event.response;
    yield { type: 'finish', reason: incomplete?.reason ?? 'stop' };
    if (usage) yield { type: 'usage', prompt: usage.input_tokens, completion: usage.output_tokens };
  }
}
