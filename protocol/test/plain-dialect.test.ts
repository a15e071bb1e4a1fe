/** The plain dialect answers every mistake with a sentence, in the words that its clients know, and takes what they send. */
import { expect, test } from 'vitest';
import { parsePlainClientFrame, parsePlainServerFrame } from '../src/index.ts';

const notAnObject = 'A frame is one JSON object, {"type": ...}';
const unknown = (type: string): string => `Unknown message type: ${type}; known are chat and reset`;
const roles = 'one of "system", "developer", "user", "assistant", "tool"';

test.each([
  ['empty text', '', 'Invalid JSON format'],
  ['words', 'hello', 'Invalid JSON format'],
  ['a frame cut in two', '{"type":"chat","mess', 'Invalid JSON format'],
  ['two frames in one', '{"type":"reset"}{"type":"reset"}', 'Invalid JSON format'],
  ['single quotes', "{'type':'reset'}", 'Invalid JSON format'],
  ['a byte order mark before JSON', '\ufeff{"type":"reset"}', 'Invalid JSON format'],
  ['NaN', 'NaN', 'Invalid JSON format'],
  ['a list', '[]', notAnObject],
  ['a list of frames', '[{"type":"reset"}]', notAnObject],
  ['a number', '1', notAnObject],
  ['null', 'null', notAnObject],
  ['a string', '"chat"', notAnObject],
  ['no type', '{}', unknown('null')],
  ['type null', '{"type":null}', unknown('null')],
  ['type a number', '{"type":1}', unknown('1')],
  ['type false', '{"type":false}', unknown('false')],
  ['type a list', '{"type":["chat"]}', unknown('a list')],
  ['type an object', '{"type":{"a":1}}', unknown('an object')],
  ['a type that nobody knows', '{"type":"nope"}', unknown('nope')],
  ['an empty type', '{"type":""}', unknown('')],
  ['a capital', '{"type":"Chat"}', unknown('Chat')],
  ['frames of v1', '{"type":"cancel","id":"1"}', unknown('cancel')],
  ['warm', '{"type":"warm","id":"1","messages":[]}', unknown('warm')],
  ['ping', '{"type":"ping"}', unknown('ping')],
  ['a very long type', `{"type":"${'n'.repeat(9_999)}"}`, unknown('n'.repeat(64))],
  ['no messages', '{"type":"chat"}', 'No messages provided'],
  ['messages null', '{"type":"chat","messages":null}', 'No messages provided'],
  ['messages empty', '{"type":"chat","messages":[]}', 'No messages provided'],
  ['messages a string', '{"type":"chat","messages":"hi"}', 'messages: expected a list'],
  ['messages an object', '{"type":"chat","messages":{}}', 'messages: expected a list'],
  ['an element no object', '{"type":"chat","messages":["hi"]}', 'messages[0]: expected an object'],
  ['an element null', '{"type":"chat","messages":[null]}', 'messages[0]: expected an object'],
  [
    'an element without role',
    '{"type":"chat","messages":[{"role":"user","content":"a"},{"content":"b"}]}',
    `messages[1].role: expected ${roles}`,
  ],
  [
    'an unknown role',
    '{"type":"chat","messages":[{"role":"robot","content":"a"}]}',
    `messages[0].role: expected ${roles}`,
  ],
  [
    'an element without content',
    '{"type":"chat","messages":[{"role":"user"}]}',
    'messages[0].content: expected a string or a list of content parts',
  ],
  [
    'a number as content',
    '{"type":"chat","messages":[{"role":"user","content":7}]}',
    'messages[0].content: expected a string or a list of content parts',
  ],
])('%s is refused in words: %s', (_what, text, message) => {
  expect(parsePlainClientFrame(text)).toEqual({ outcome: 'refused', message });
});

test.each([
  ['a question', [{ role: 'user', content: 'Hi' }]],
  ['an empty question', [{ role: 'user', content: '' }]],
  ['a list of parts', [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }]],
  [
    'a whole history',
    [
      { role: 'system', content: 'S' },
      { role: 'user', content: 'U' },
      { role: 'assistant', content: 'A' },
    ],
  ],
  [
    'an assistant message with calls and no content',
    [
      {
        role: 'assistant',
        content: null,
        tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }],
      },
      { role: 'tool', tool_call_id: 'c', content: 'done' },
    ],
  ],
  ['a result without its call', [{ role: 'tool', tool_call_id: 'nobody', content: 'done' }]],
])('%s is accepted', (_what, messages) => {
  expect(parsePlainClientFrame(JSON.stringify({ type: 'chat', messages }))).toEqual({
    outcome: 'frame',
    frame: { type: 'chat', messages },
  });
});

test('white space around a frame is accepted', () => {
  expect(parsePlainClientFrame(' \r\n{"type": "reset"}\n')).toEqual({
    outcome: 'frame',
    frame: { type: 'reset' },
  });
});

test('a client takes an empty reply, and an answer to reset with and without words', () => {
  expect(parsePlainServerFrame('{"type":"complete","content":""}')).toEqual({
    type: 'complete',
    content: '',
  });
  expect(parsePlainServerFrame('{"type":"reset_complete"}')).toEqual({ type: 'reset_complete' });
  expect(parsePlainServerFrame('{"type":"reset_complete","message":"Done"}')).toEqual({
    type: 'reset_complete',
    message: 'Done',
  });
});

test.each(['', 'null', '[]', '{}', '{"type":"delta"}', '{"type":"delta","content":1}', '{"type":"pong"}'])(
  'a client ignores what is no plain frame: %s',
  (text) => {
    expect(parsePlainServerFrame(text)).toBeUndefined();
  },
);
