/** Whatever a client sends, it is answered as the protocol says, and is never a fault of the server. */
import { once } from 'node:events';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ReceivedFrame, TestSocket } from '../../test/stand-ins/test-socket.ts';
import { DemoBackend } from '../src/backends/demo-backend.ts';
import { startTestServer } from './test-server.ts';

const cases = Number(process.env['WS_LLM_ANY_FRAMES_CASES'] ?? 40);
const seed = Number(process.env['WS_LLM_LAW_SEED'] ?? Date.now() % 1_000_000_000);

/** Names that mean something: to the protocol, or to JavaScript. */
const names = ['1', '2', 'k', 'tester', 'f', '__proto__', 'constructor', 'toString', '\ud800', ''];
const name = fc.constantFrom(...names);
const anything = fc.oneof(fc.jsonValue({ maxDepth: 3 }), name, fc.constantFrom(0, -1, 1e300, 2 ** 53, null));
/** Mostly right, at times anything. */
const mostly = <T>(right: fc.Arbitrary<T>): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 30, arbitrary: right }, { weight: 1, arbitrary: anything });
/** With keys that are always there, and others that may be. */
const record = (
  required: Record<string, fc.Arbitrary<unknown>>,
  optional: Record<string, fc.Arbitrary<unknown>> = {},
): fc.Arbitrary<object> =>
  fc.record(
    Object.fromEntries(
      Object.entries({ ...required, ...optional }).map(([key, value]) => [key, mostly(value)]),
    ),
    { requiredKeys: Object.keys(required) },
  );

const content = fc.oneof(
  name,
  fc.array(
    record({
      type: fc.constantFrom('text', 'image_url', 'refusal', 'file'),
      text: name,
      image_url: record({ url: name }),
      file: anything,
    }),
    { maxLength: 3 },
  ),
);
const call = record({ id: name, type: fc.constant('function'), function: record({ name, arguments: name }) });
const message = record(
  {
    role: fc.constantFrom('system', 'developer', 'user', 'user', 'assistant', 'tool'),
    content,
  },
  {
    tool_calls: fc.array(call, { maxLength: 2 }),
    tool_call_id: name,
    reply: name,
    extra: anything,
  },
);
const tool = record({ type: fc.constant('function'), function: record({ name, parameters: anything }) });
const frame = record(
  {
    type: fc.constantFrom('chat', 'chat', 'chat', 'warm', 'cancel', 'reset', 'ping', 'nobody'),
    id: fc.oneof({ weight: 9, arbitrary: fc.uuid() }, { weight: 1, arbitrary: name }),
    messages: fc.array(message, { maxLength: 3 }),
  },
  {
    thread: name,
    mirror: record({ keep: fc.constantFrom(0, 0, 1, 2) }, { key: name, base: name }),
    persona: fc.constant('tester'),
    instructions: name,
    tools: fc.array(tool, { maxLength: 2 }),
    tool_choice: fc.oneof(
      fc.constantFrom('none', 'auto', 'required'),
      record({ type: fc.constant('function'), function: record({ name }) }),
    ),
    params: record({
      temperature: fc.double({ min: 0, max: 2 }),
      max_tokens: fc.integer({ min: 1, max: 9 }),
      stop: fc.oneof(name, fc.array(name, { maxLength: 2 })),
    }),
    output: fc.constantFrom('markdown', 'speech'),
    deadlines: record({ total_ms: fc.integer({ min: 1, max: 5_000 }) }),
    heard: record({ id: name, content: name }),
    annotate: fc.array(fc.constant('emotion'), { maxLength: 2 }),
  },
);
const text = fc.oneof(
  { weight: 30, arbitrary: frame.map((value) => JSON.stringify(value)) },
  { weight: 1, arbitrary: fc.json() },
  { weight: 1, arbitrary: fc.string() },
);
const scripts = fc.array(text, { minLength: 1, maxLength: 8 });

/** Plain errors have no code, only its words. */
function isFault(answer: ReceivedFrame): boolean {
  return answer['code'] === 'internal' || String(answer['message']).startsWith('The server made a mistake');
}

/** Sends all of it, and waits until the server has answered for good. */
async function closeCodeAfter(client: TestSocket, script: readonly string[]): Promise<number | undefined> {
  for (const one of script) client.send(one);
  client.socket.ping();
  const closed = client.closed.then(({ code }) => code);
  return Promise.race([closed, once(client.socket, 'pong').then(() => undefined)]);
}

test.each<['v1' | 'plain', number[]]>([
  ['v1', [4400, 4409]],
  ['plain', []],
])(
  'no frames of a %s client are a fault of the server, and none but the wrong ones close',
  { timeout: 30_000 + cases * 100 },
  async (dialect, codes) => {
    const server = await startTestServer({ backend: () => new DemoBackend({ slowness: 0 }) });
    for (const [index, script] of fc.sample(scripts, { numRuns: cases, seed }).entries()) {
      const client = await server[dialect](index % 3 === 0 ? { headers: { origin: 'null' } } : {});
      const code = await closeCodeAfter(client, script);
      const isClosed = code !== undefined && !codes.includes(code);
      if (isClosed || client.frames.some(isFault)) {
        expect.fail(`closed with ${code} after ${JSON.stringify(script)}. Again: WS_LLM_LAW_SEED=${seed}`);
      }
      client.socket.terminate();
    }
  },
);
