/** A wrong frame of v1 has exactly the outcome that the specification says, in words that name the path and what was expected. */
import { expect, test } from 'vitest';
import { parseClientFrame, parseServerFrame } from '../src/index.ts';

const object = 'a frame is one JSON object';
const stringType = 'a frame has a string "type"';
const chatId = 'a chat has a non-empty string "id"';

test.each([
  ['', object],
  ['chat', object],
  ['NaN', object],
  ['[]', object],
  ['1', object],
  ['null', object],
  ['"chat"', object],
  ['[{"type":"ping"}]', object],
  ['\ufeff{"type":"ping"}', object],
  ['{"type":"ping"', object],
  ['{}', stringType],
  ['{"type":null}', stringType],
  ['{"type":7}', stringType],
  ['{"type":["chat"]}', stringType],
  ['{"type":"chat","messages":[]}', chatId],
  ['{"type":"chat","id":"","messages":[]}', chatId],
  ['{"type":"chat","id":7,"messages":[]}', chatId],
  ['{"type":"chat","id":null}', chatId],
  ['{"type":"warm","messages":[]}', 'a warm has a non-empty string "id"'],
])('a client that sends %s is closed: %s', (text, message) => {
  expect(parseClientFrame(text)).toEqual({ outcome: 'fatal', message });
});

test.each(['nope', 'Chat', '', 'delta', 'constructor', '__proto__'])(
  'a frame of the unknown type "%s" is ignored, not refused [P-104]',
  (type) => {
    expect(parseClientFrame(JSON.stringify({ type, id: 1 }))).toEqual({ outcome: 'unknown', type });
  },
);

test.each([
  ['{"type":"cancel"}', 'id: expected a string'],
  ['{"type":"cancel","id":1}', 'id: expected a string'],
  ['{"type":"cancel","id":""}', 'id: expected at least 1 character'],
  ['{"type":"reset","thread":""}', 'thread: expected at least 1 character'],
  ['{"type":"reset","thread":7}', 'thread: expected a string'],
])('%s is refused without an id: %s [P-105]', (text, message) => {
  expect(parseClientFrame(text)).toEqual({ outcome: 'refused', id: undefined, message });
});

const user = { role: 'user', content: 'Hi' };
const roles = 'one of "system", "developer", "user", "assistant", "tool"';
const partTypes = 'one of "text", "image_url", "refusal", "input_audio", "file"';
const call = { id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } };
const loneMirror = 'mirror: without a key only {keep: 0} is possible';
const toolChoices = '"none", "auto", "required" or {type: "function", function: {name}}';

test.each([
  [{ messages: undefined }, 'messages: expected a list'],
  [{ messages: {} }, 'messages: expected a list'],
  [{ messages: [1] }, 'messages[0]: expected an object'],
  [{ messages: [user, {}] }, `messages[1].role: expected ${roles}`],
  [{ messages: [{ role: 'robot', content: '' }] }, `messages[0].role: expected ${roles}`],
  [{ messages: [{ role: 'user' }] }, 'messages[0].content: expected a string or a list of content parts'],
  [
    { messages: [{ role: 'user', content: 7 }] },
    'messages[0].content: expected a string or a list of content parts',
  ],
  [{ messages: [{ role: 'user', content: [7] }] }, 'messages[0].content[0]: expected an object'],
  [
    { messages: [{ role: 'user', content: [{ type: 'text' }] }] },
    'messages[0].content[0].text: expected a string',
  ],
  [
    { messages: [{ role: 'user', content: [{ type: 'text', text: '' }, { type: 'video' }] }] },
    `messages[0].content[1].type: expected ${partTypes}`,
  ],
  [{ messages: [{ role: 'tool', content: 'x' }] }, 'messages[0].tool_call_id: expected a string'],
  [
    { messages: [{ role: 'assistant', tool_calls: [{ ...call, type: 'custom' }] }] },
    'messages[0].tool_calls[0].type: expected "function"',
  ],
  [
    { messages: [{ role: 'assistant', tool_calls: [{ ...call, function: { name: 'f', arguments: {} } }] }] },
    'messages[0].tool_calls[0].function.arguments: expected a string',
  ],
  [{ messages: [{ role: 'assistant', extra: [] }] }, 'messages[0].extra: expected an object'],
  [{ thread: '' }, 'thread: expected at least 1 character'],
  [{ thread: null }, 'thread: expected a string'],
  [{ thread: 't', mirror: { keep: 0 } }, 'mirror: thread and mirror exclude each other'],
  [{ mirror: {} }, 'mirror.keep: expected a number'],
  [{ mirror: { keep: -1 } }, 'mirror.keep: expected at least 0'],
  [{ mirror: { keep: 0.5 } }, 'mirror.keep: expected a whole number'],
  [{ mirror: { keep: 1 } }, loneMirror],
  [{ mirror: { keep: 0, base: 'a' } }, loneMirror],
  [{ mirror: { keep: 0, key: '' } }, 'mirror.key: expected at least 1 character'],
  [{ instructions: 7 }, 'instructions: expected a string'],
  [{ tools: [{ type: 'function' }] }, 'tools[0].function: expected an object'],
  [{ tools: [{ type: 'retrieval', function: { name: 'f' } }] }, 'tools[0].type: expected "function"'],
  [{ tool_choice: 'sometimes' }, `tool_choice: expected ${toolChoices}`],
  [{ tool_choice: { type: 'function' } }, 'tool_choice.function: expected an object'],
  [{ parallel_tool_calls: 'yes' }, 'parallel_tool_calls: expected a boolean'],
  [{ params: [] }, 'params: expected an object'],
  [{ params: { temperature: 3 } }, 'params.temperature: expected at most 2'],
  [{ params: { temperature: -1 } }, 'params.temperature: expected at least 0'],
  [{ params: { temperature: 'hot' } }, 'params.temperature: expected a number'],
  [{ params: { max_tokens: 0 } }, 'params.max_tokens: expected more than 0'],
  [{ params: { max_tokens: 1.5 } }, 'params.max_tokens: expected a whole number'],
  [{ params: { stop: 1 } }, 'params.stop: expected a string or a list of strings'],
  [{ params: { stop: ['a', 1] } }, 'params.stop[1]: expected a string'],
  [{ output: 'song' }, 'output: expected one of "markdown", "speech"'],
  [{ deadlines: { idle_ms: 0 } }, 'deadlines.idle_ms: expected more than 0'],
  [{ heard: { id: 'a' } }, 'heard.content: expected a string'],
  [{ annotate: ['weather'] }, 'annotate[0]: expected "emotion"'],
])('a chat with %j is refused with its id: %s [P-106]', (body, message) => {
  const chat = { type: 'chat', id: 'q1', messages: [user], ...body };
  const warm = { ...chat, type: 'warm' };
  expect(parseClientFrame(JSON.stringify(chat))).toEqual({ outcome: 'refused', id: 'q1', message });
  expect(parseClientFrame(JSON.stringify(warm))).toEqual({ outcome: 'refused', id: 'q1', message });
});

test('a number too large to be one is refused, not taken as infinite', () => {
  const text = '{"type":"chat","id":"q1","messages":[],"deadlines":{"idle_ms":1e999}}';
  expect(parseClientFrame(text)).toMatchObject({
    outcome: 'refused',
    message: 'deadlines.idle_ms: expected a number',
  });
});

test('what was sent is not echoed [P-106]', () => {
  const chat = { type: 'chat', id: 'q1', messages: [{ role: 'my-secret', content: 'my-secret' }] };
  expect(JSON.stringify(parseClientFrame(JSON.stringify(chat)))).not.toContain('my-secret');
});

test.each([
  ['', object],
  ['[]', object],
  ['{}', stringType],
  ['{"type":1,"id":"1"}', stringType],
  ['{"type":"delta","content":"a"}', 'delta: id: expected a string'],
  ['{"type":"delta","id":"1"}', 'delta: content: expected a string'],
  ['{"type":"complete","id":"1"}', 'complete: finish_reason: expected a finish reason'],
  ['{"type":"error","id":"1","code":"internal"}', 'error: message: expected a string'],
  ['{"type":"closing"}', 'closing: grace_ms: expected a number'],
  ['{"type":"closing","grace_ms":-1}', 'closing: grace_ms: expected at least 0'],
])('a client takes %s for broken: %s', (text, message) => {
  const id = text.includes('"id":"1"') ? '1' : undefined;
  expect(parseServerFrame(text)).toEqual({ outcome: 'broken', id, message });
});

test('an error code of a later version is an internal error, and keeps its words and whether to retry [P-51]', () => {
  const text = '{"type":"error","id":"1","code":"moon_phase","message":"Not tonight","retryable":true}';
  expect(parseServerFrame(text)).toEqual({
    outcome: 'frame',
    frame: { type: 'error', id: '1', code: 'internal', message: 'Not tonight', retryable: true },
  });
});

test('a finish reason of a later version ends the reply as a stop does [P-43]', () => {
  const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 };
  const complete = {
    type: 'complete',
    id: '1',
    usage,
    timing: { queue_ms: 0, total_ms: 1 },
    model: 'm',
    backend: 'b',
  };
  expect(parseServerFrame(JSON.stringify({ ...complete, finish_reason: 'moon_phase' }))).toEqual({
    outcome: 'frame',
    frame: { ...complete, finish_reason: 'stop' },
  });
});

test('a frame of a persona tool comes whole, with its id where it has one', () => {
  const frame = { type: 'symptoms_collected', id: 'q1', symptoms: [{ name: 'cough', choice_id: 'present' }] };
  expect(parseServerFrame(JSON.stringify(frame))).toEqual({
    outcome: 'other',
    type: frame.type,
    id: 'q1',
    frame,
  });
  expect(parseServerFrame('{"type":"weather","id":7}')).toMatchObject({ outcome: 'other', id: undefined });
});
