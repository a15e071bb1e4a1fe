/** Messages reach the model as what they are, or are refused in words; none is overlooked. */
import { expect, test } from 'vitest';
import { DemoBackend } from '../src/backends/demo-backend.ts';
import { OpenAIBackend } from '../src/backends/openai-backend.ts';
import type { FakeModel } from '../../test/stand-ins/model/fake-model.ts';
import { startTestServer, user } from './test-server.ts';

const image = { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } };
const text = { type: 'text', text: 'What is this?' };

const openAI = ({ openAIBaseUrl }: FakeModel): OpenAIBackend =>
  new OpenAIBackend({ apiKey: '', baseUrl: openAIBaseUrl, model: 'fake-model' });

test('text and images reach a model that takes them, in their order [P-59]', async () => {
  const { v1, model } = await startTestServer({ backend: openAI });
  const client = await v1();
  client.send({ type: 'chat', id: '1', messages: [{ role: 'user', content: [text, image, text] }] });
  expect((await client.untilEnd()).at(-1)).toMatchObject({ type: 'complete' });
  expect(model.requests[0]?.body.messages[1]).toEqual({ role: 'user', content: [text, image, text] });
});

test('an image for a model that takes none is bad_request, and the connection stays [P-60]', async () => {
  const { v1 } = await startTestServer({ backend: () => new DemoBackend() });
  const client = await v1();
  client.send({ type: 'chat', id: '1', messages: [{ role: 'user', content: [text, image] }] });
  expect(await client.nextOf('error')).toMatchObject({ id: '1', code: 'bad_request', retryable: false });
  client.send({ type: 'ping' });
  expect(await client.next()).toEqual({ type: 'pong' });
});

test.each([
  ['a sound', { type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } }],
  ['a file', { type: 'file', file: { file_id: 'f' } }],
])('%s is bad_request, not overlooked [P-60]', async (_, part) => {
  const { v1, model } = await startTestServer({ backend: openAI });
  const client = await v1();
  client.send({ type: 'chat', id: '1', messages: [{ role: 'user', content: [text, part] }] });
  expect(await client.next()).toMatchObject({ type: 'error', id: '1', code: 'bad_request' });
  expect(model.requests).toEqual([]);
});

test('a call without a result and a result without a call are taken, and mended before the model sees them [P-57]', async () => {
  const { v1, model } = await startTestServer({ backend: openAI });
  const client = await v1();
  const call = { id: 'c1', type: 'function', function: { name: 'weather', arguments: '{}' } };
  client.send({
    type: 'chat',
    id: '1',
    messages: [
      user('rain?'),
      { role: 'assistant', content: null, tool_calls: [call] },
      { role: 'tool', tool_call_id: 'nobody', content: 'stray' },
      user('well?'),
    ],
  });
  expect((await client.untilEnd()).at(-1)).toMatchObject({ type: 'complete' });
  expect(model.requests[0]?.body.messages.slice(1)).toMatchObject([
    { role: 'user', content: 'rain?' },
    { role: 'assistant', tool_calls: [{ id: 'c1' }] },
    { role: 'tool', tool_call_id: 'c1', content: 'This call was not answered.' },
    { role: 'user', content: 'well?' },
  ]);
});

test('the order is prompt, instructions, history, whatever roles the history has [P-58]', async () => {
  const { v1, model } = await startTestServer({ backend: openAI });
  const client = await v1();
  const messages = [
    { role: 'developer', content: 'Answer in Dutch.' },
    user('a'),
    { role: 'assistant', content: 'A' },
    { role: 'system', content: 'It is Monday.' },
    user('b'),
  ];
  client.send({ type: 'chat', id: '1', messages, instructions: 'Be brief.' });
  await client.untilEnd();
  expect(model.requests[0]?.body.messages.map(({ role, content }) => [role, content])).toEqual([
    ['system', 'You are a test.\n\nBe brief.'],
    ['system', 'Answer in Dutch.'],
    ['user', 'a'],
    ['assistant', 'A'],
    ['system', 'It is Monday.'],
    ['user', 'b'],
  ]);
});

test.each([
  ['a system message', { role: 'system', content: [text, image] }, 'image_url'],
  ['a developer message', { role: 'developer', content: [image] }, 'image_url'],
  ["a tool's result", { role: 'tool', tool_call_id: 'c', content: [image] }, 'image_url'],
  ['an assistant message', { role: 'assistant', content: [image] }, 'image_url'],
  ["a user's message", { role: 'user', content: [{ type: 'refusal', refusal: 'no' }] }, 'refusal'],
])('a part that %s cannot have is bad_request, and its place is named [P-173]', async (_, message, type) => {
  const { v1, plain, model } = await startTestServer({ backend: openAI });
  const messages = [user('a'), message];
  const place = new RegExp(String.raw`^messages\[1\]\.content\[\d\]: ${type} is not supported`);
  const client = await v1();
  client.send({ type: 'chat', id: '1', messages });
  const refused = await client.next();
  expect(refused).toMatchObject({ type: 'error', id: '1', code: 'bad_request', retryable: false });
  expect(refused['message']).toMatch(place);
  const small = await plain();
  small.send({ type: 'chat', messages });
  expect((await small.next())['message']).toMatch(place);
  expect(model.requests).toEqual([]);
});

test('what an assistant refused, as a part, reaches the model as its words [P-173]', async () => {
  const { v1, model } = await startTestServer({ backend: openAI });
  const client = await v1();
  const refusal = { role: 'assistant', content: [{ type: 'refusal', refusal: 'I will not.' }] };
  client.send({ type: 'chat', id: '1', messages: [user('a'), refusal, user('b')] });
  await client.untilEnd();
  expect(model.requests[0]?.body.messages[2]).toMatchObject({ role: 'assistant', content: 'I will not.' });
});
