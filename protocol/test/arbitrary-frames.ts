/**
 * Arbitrary valid frames of both dialects, for properties.
 * Written by hand from the specification, not derived from the schemas, so that the two can disagree.
 */
import fc from 'fast-check';
import type { ClientFrame, PlainClientFrame, PlainServerFrame, ServerFrame } from '../src/index.ts';
import { anyText } from './any-text.ts';

const text = anyText(20);
const name = fc.string({ minLength: 1, maxLength: 12 });
const count = fc.nat();
const milliseconds = fc.double({ min: 0, max: 1e9, noNaN: true });
const wait = fc.double({ min: 0.001, max: 1e9, noNaN: true });
// `__proto__` is the one key that a record never carries.
const jsonObject = fc.dictionary(
  fc.string({ maxLength: 8 }).filter((key) => key !== '__proto__'),
  // What was JSON once: a negative zero would not come back.
  fc.json({ maxDepth: 2 }).map((json): unknown => JSON.parse(json)),
  { maxKeys: 3, noNullPrototype: true },
);

type Arbitraries<T> = { [K in keyof T]: fc.Arbitrary<T[K]> };

/** An object with all of `required` and any of `optional`; what is absent is absent, not undefined. */
function object<R extends object, O extends object = object>(
  required: Arbitraries<R>,
  optional?: Arbitraries<O>,
): fc.Arbitrary<R & Partial<O>> {
  return fc
    .tuple(fc.record(required), fc.record(optional ?? ({} as Arbitraries<O>), { requiredKeys: [] }))
    .map(([always, sometimes]) => ({ ...always, ...sometimes }) as R & Partial<O>);
}

function type<T extends string>(value: T): fc.Arbitrary<T> {
  return fc.constant(value);
}

const contentPart = fc.oneof(
  object({ type: type('text'), text }),
  object({ type: type('image_url'), image_url: object({ url: text }, { detail: text }) }),
  object({ type: type('refusal'), refusal: text }),
  object({ type: type('input_audio'), input_audio: object({ data: text, format: text }) }),
  object({ type: type('file'), file: jsonObject }),
);
const content = fc.oneof(text, fc.array(contentPart, { maxLength: 3 }));

const toolCall = object(
  { id: text, type: type('function'), function: object({ name: text, arguments: text }) },
  { extra: jsonObject },
);

const message = fc.oneof(
  object({ role: fc.constantFrom('system', 'developer', 'user'), content }, { name: text }),
  object(
    { role: type('assistant') },
    {
      content: fc.option(content),
      refusal: fc.option(text),
      tool_calls: fc.array(toolCall, { maxLength: 2 }),
      name: text,
      extra: jsonObject,
      reply: text,
    },
  ),
  object({ role: type('tool'), content, tool_call_id: text }),
);
const messages = fc.array(message, { maxLength: 3 });

const tool = object({
  type: type('function'),
  function: object(
    { name: text },
    { description: text, parameters: jsonObject, strict: fc.option(fc.boolean()) },
  ),
});

const memory = fc.oneof(
  fc.constant({}),
  object({ thread: name }),
  object({ mirror: fc.constant({ keep: 0 }) }),
  object({ mirror: object({ key: name, keep: count }, { base: text }) }),
);

function request<T extends 'chat' | 'warm'>(frame: T) {
  const body = object(
    { type: type(frame), id: name, messages },
    {
      persona: name,
      instructions: text,
      tools: fc.array(tool, { maxLength: 2 }),
      tool_choice: fc.oneof(
        fc.constantFrom('none', 'auto', 'required'),
        object({ type: type('function'), function: object({ name: text }) }),
      ),
      parallel_tool_calls: fc.boolean(),
      params: object(
        {},
        {
          model: text,
          temperature: fc.double({ min: 0, max: 2, noNaN: true }),
          top_p: fc.double({ min: 0, max: 1, noNaN: true }),
          max_tokens: fc.integer({ min: 1 }),
          seed: fc.integer(),
          stop: fc.oneof(text, fc.array(text, { maxLength: 2 })),
          reasoning_effort: text,
        },
      ),
      output: fc.constantFrom('markdown', 'speech'),
      deadlines: object({}, { first_token_ms: wait, idle_ms: wait, total_ms: wait }),
      heard: object({ id: text, content: text }),
      annotate: fc.array(type('emotion'), { maxLength: 1 }),
    },
  );
  return fc.tuple(body, memory).map(([frameBody, memoryKeys]) => ({ ...frameBody, ...memoryKeys }));
}

/** Every frame that a v1 client may send. */
export const clientFrame = fc.oneof(
  { weight: 4, arbitrary: request('chat') },
  { weight: 2, arbitrary: request('warm') },
  object({ type: type('cancel'), id: name }),
  object({ type: type('reset') }, { thread: name }),
  object({ type: type('ping') }),
) as fc.Arbitrary<ClientFrame>;

const timing = object({ queue_ms: milliseconds, total_ms: milliseconds }, { first_token_ms: milliseconds });
const limitKeys = [
  'frame_bytes',
  'messages',
  'list_bytes',
  'mirrors',
  'open_requests',
  'tool_bytes',
  'id_chars',
  'key_chars',
  'buffered_bytes',
  'stalled_ms',
  'reply_chars',
  'first_token_ms',
  'idle_ms',
  'total_ms',
  'ping_interval_ms',
  'silence_ms',
];
const sharedKeys = ['connections', 'requests', 'input_bytes', 'output_bytes', 'kept_bytes'];
const sharedLimits = object(Object.fromEntries(sharedKeys.map((key) => [key, count])));
const limits = object(Object.fromEntries(limitKeys.map((key) => [key, count])), {
  shared: object({ server: sharedLimits, role: sharedLimits }, { address: sharedLimits }),
});

/** Every frame that a v1 server may send. */
export const serverFrame = fc.oneof(
  object(
    {
      type: type('ready'),
      server: text,
      persona: object(
        { name: text, title: text, suggestions: fc.array(text, { maxLength: 2 }) },
        { greeting: text, voice: text, language: text },
      ),
      personas: fc.array(object({ name: text, title: text }), { maxLength: 2 }),
      backend: text,
      limits,
      features: fc.array(text, { maxLength: 3 }),
    },
    { model: text },
  ),
  object({ type: fc.constantFrom('delta', 'reasoning'), id: text, content: text }),
  object({ type: type('tool_call'), id: text, call: toolCall }),
  object(
    {
      type: type('complete'),
      id: text,
      finish_reason: fc.constantFrom('stop', 'length', 'tool_calls', 'content_filter', 'cancelled'),
      usage: object(
        { prompt_tokens: count, completion_tokens: count, total_tokens: count },
        { cached_tokens: count, estimated: fc.boolean() },
      ),
      timing,
      model: text,
      backend: text,
    },
    { context: object({ limit: count, used: count, dropped: count }) },
  ),
  object({ type: type('warmed'), id: text, timing }, { prefilled_tokens: count }),
  object(
    {
      type: type('error'),
      code: fc.constantFrom('bad_request', 'overloaded', 'backend_failed', 'internal'),
      message: text,
      retryable: fc.boolean(),
    },
    { id: text, retry_after_ms: milliseconds },
  ),
  object({ type: type('annotation'), reply: text }, { emotion: text }),
  object({ type: type('closing'), grace_ms: milliseconds }),
  object({ type: type('reset_complete') }, { thread: text }),
  object({ type: type('pong') }),
) as fc.Arbitrary<ServerFrame>;

/** Every frame that a plain client may send. */
export const plainClientFrame = fc.oneof(
  object({ type: type('chat'), messages: fc.array(message, { minLength: 1, maxLength: 3 }) }),
  object({ type: type('reset') }),
) as fc.Arbitrary<PlainClientFrame>;

/** Every frame that a plain server may send, those of persona tools apart. */
export const plainServerFrame = fc.oneof(
  object({ type: fc.constantFrom('delta', 'complete'), content: text }),
  object({ type: type('error'), message: text }),
  object({ type: type('reset_complete') }, { message: text }),
) as fc.Arbitrary<PlainServerFrame>;
