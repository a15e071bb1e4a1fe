// What the model is told equals what LiveKit's context says: roles, calls with their results, instructions beside the history, tools.
import { llm } from '@livekit/agents';
import { VideoBufferType, VideoFrame } from '@livekit/rtc-node';
import { expect, test } from 'vitest';
import { ask, connected, serve } from './harness.ts';
import type { Frame } from '../../test/stand-ins/scripted-server.ts';

/** The `chat` frame that a server gets for these arguments. */
async function frameFor(
  args: Parameters<llm.LLM['chat']>[0],
  ready: Record<string, unknown> = {},
): Promise<Frame> {
  const server = await serve({ ready, onChat: (chat) => chat.answer('x') });
  await (await connected(server)).chat(args).collect();
  return server.chats[0]?.frame ?? { type: 'nothing' };
}

const call = (id: string, callId: string, name = 'weather'): llm.FunctionCall =>
  llm.FunctionCall.create({ id, callId, name, args: '{}' });
const result = (callId: string, output = '"dry"'): llm.FunctionCallOutput =>
  llm.FunctionCallOutput.create({ callId, output, isError: false });
const wireCall = (id: string): unknown => ({
  id,
  type: 'function',
  function: { name: 'weather', arguments: '{}' },
});

test('the agent’s own instructions travel beside the history, other system messages in it', async () => {
  const chatCtx = llm.ChatContext.empty();
  chatCtx.addMessage({ role: 'system', id: 'lk.agent_task.instructions', content: 'Be brief.' });
  chatCtx.addMessage({ role: 'system', content: 'It is Monday.' });
  chatCtx.addMessage({ role: 'user', content: ['Hello,', 'you.'] });
  expect(await frameFor({ chatCtx })).toMatchObject({
    instructions: 'Be brief.',
    messages: [
      { role: 'system', content: 'It is Monday.' },
      { role: 'user', content: 'Hello,\nyou.' },
    ],
  });
});

test('an agent without instructions sends none', async () => {
  const chatCtx = llm.ChatContext.empty();
  chatCtx.addMessage({ role: 'system', id: 'lk.agent_task.instructions', content: '' });
  expect(await frameFor({ chatCtx })).not.toHaveProperty('instructions');
});

test('a server that does not know instructions gets them as its first message', async () => {
  const chatCtx = ask();
  chatCtx.items.unshift(
    new llm.ChatMessage({ role: 'system', id: 'lk.agent_task.instructions', content: 'Be brief.' }),
  );
  const frame = await frameFor({ chatCtx }, { features: ['standalone'] });
  expect(frame['messages']).toMatchObject([{ role: 'system', content: 'Be brief.' }, { role: 'user' }]);
  expect(frame).not.toHaveProperty('instructions');
  expect(frame).not.toHaveProperty('deadlines');
});

test('calls join the message they came with, and results follow their calls', async () => {
  const chatCtx = ask('Rain?');
  chatCtx.insert([
    new llm.ChatMessage({ role: 'assistant', id: 'item_1', content: 'Let me see.' }),
    call('item_1/fnc_0', 'a'),
    call('item_1/fnc_1', 'b'),
  ]);
  chatCtx.items.push(
    new llm.ChatMessage({ role: 'user', content: 'Well?' }),
    result('b', '"wet"'),
    result('a'),
  );
  expect((await frameFor({ chatCtx }))['messages']).toEqual([
    { role: 'user', content: 'Rain?' },
    { role: 'assistant', content: 'Let me see.', tool_calls: [wireCall('a'), wireCall('b')] },
    { role: 'tool', tool_call_id: 'b', content: '"wet"' },
    { role: 'tool', tool_call_id: 'a', content: '"dry"' },
    { role: 'user', content: 'Well?' },
  ]);
});

test('a call without a result and a result without a call are told as they are', async () => {
  const chatCtx = ask('Rain?');
  chatCtx.items.push(call('item_1/fnc_0', 'a'), result('lost'));
  expect((await frameFor({ chatCtx }))['messages']).toEqual([
    { role: 'user', content: 'Rain?' },
    { role: 'assistant', tool_calls: [wireCall('a')] },
    { role: 'tool', tool_call_id: 'lost', content: '"dry"' },
  ]);
});

test('a call id that is used again belongs to the latest call', async () => {
  const chatCtx = ask('Rain?');
  chatCtx.items.push(call('item_1', 'a'), result('a', '1'), call('item_2', 'a'), result('a', '2'));
  expect((await frameFor({ chatCtx }))['messages']).toEqual([
    { role: 'user', content: 'Rain?' },
    { role: 'assistant', tool_calls: [wireCall('a')] },
    { role: 'tool', tool_call_id: 'a', content: '1' },
    { role: 'assistant', tool_calls: [wireCall('a')] },
    { role: 'tool', tool_call_id: 'a', content: '2' },
  ]);
});

test('records of the session are no messages', async () => {
  const chatCtx = ask();
  chatCtx.items.push(
    new llm.AgentConfigUpdate({ instructions: 'x' }),
    new llm.AgentHandoffItem({ newAgentId: 'b' }),
  );
  expect((await frameFor({ chatCtx }))['messages']).toHaveLength(1);
});

test('the extra of other plugins travels, of this one’s own stamp the reply alone [P-61]', async () => {
  const chatCtx = ask();
  chatCtx.addMessage({ role: 'assistant', content: 'x', extra: { wsLlm: { reply: 'r' }, vendor: { a: 1 } } });
  chatCtx.addMessage({ role: 'assistant', content: 'y', extra: { wsLlm: { reply: 's' } } });
  expect((await frameFor({ chatCtx }))['messages']).toEqual([
    { role: 'user', content: 'Hello?' },
    { role: 'assistant', content: 'x', extra: { vendor: { a: 1 } }, reply: 'r' },
    { role: 'assistant', content: 'y', reply: 's' },
  ]);
});

test('images travel, addresses as they are and video frames as PNG', async () => {
  const chatCtx = llm.ChatContext.empty();
  const frame = new VideoFrame(new Uint8Array(4 * 4 * 4), 4, 4, VideoBufferType.RGBA);
  chatCtx.addMessage({
    role: 'user',
    content: [
      'What is this?',
      llm.createImageContent({ image: 'https://example.org/a.png' }),
      llm.createImageContent({ image: frame }),
    ],
  });
  expect((await frameFor({ chatCtx }))['messages']).toEqual([
    {
      role: 'user',
      content: [
        { type: 'text', text: 'What is this?' },
        { type: 'image_url', image_url: { url: 'https://example.org/a.png', detail: 'auto' } },
        {
          type: 'image_url',
          image_url: { url: expect.stringMatching(/^data:image\/png;base64,iVBOR/), detail: 'auto' },
        },
      ],
    },
  ]);
});

const weather = llm.tool({
  name: 'weather',
  description: 'Tells the weather',
  parameters: {
    $schema: 'https://json-schema.org/draft/2019-09/schema#',
    type: 'object',
    properties: { city: { type: 'string' } },
    required: ['city'],
  },
  execute: async () => 'dry',
});
const clock = llm.tool({ name: 'clock', description: 'Tells the time', execute: async () => '12' });

test('tools come sorted, with plain JSON schemas', async () => {
  const frame = await frameFor({
    chatCtx: ask(),
    toolCtx: [weather, clock],
    toolChoice: 'required',
    parallelToolCalls: false,
  });
  expect(frame).toMatchObject({
    tool_choice: 'required',
    parallel_tool_calls: false,
    tools: [
      { type: 'function', function: { name: 'clock', description: 'Tells the time' } },
      {
        type: 'function',
        function: {
          name: 'weather',
          parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
        },
      },
    ],
  });
  expect(JSON.stringify(frame)).not.toContain('$schema');
});

test('a choice among no tools is not sent', async () => {
  const frame = await frameFor({ chatCtx: ask(), toolCtx: [], toolChoice: 'auto', parallelToolCalls: true });
  expect(Object.keys(frame).toSorted()).toEqual(['deadlines', 'id', 'messages', 'mirror', 'type']);
});

test('parameters of direct callers travel, absent ones do not', async () => {
  const frame = await frameFor({ chatCtx: ask(), extraKwargs: { temperature: 0, top_p: undefined, foo: 1 } });
  expect(frame['params']).toEqual({ temperature: 0 });
});
