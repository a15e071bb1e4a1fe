// On a server that keeps mirrors a request says only what changed, however long the conversation is, and a lost mirror is nobody's concern.
import { llm } from '@livekit/agents';
import { expect, test } from 'vitest';
import { ask, connected, quick, serve, textsOf, watch } from './harness.ts';
import type { Frame, Script, ScriptedServer } from '../../test/stand-ins/scripted-server.ts';

const features = ['standalone', 'tools', 'params', 'instructions', 'deadlines', 'mirrors'];

/** A server with mirrors that answers everything. */
function serveMirrors(script: Script = {}): Promise<ScriptedServer> {
  return serve({ onChat: (chat) => chat.answer('x'), ...script, ready: { features, ...script.ready } });
}

/** What the frame says besides who it is. */
function said({ type: _type, id: _id, deadlines: _deadlines, ...rest }: Frame): Record<string, unknown> {
  return rest;
}

function lastOf(server: ScriptedServer): Record<string, unknown> {
  const chat = server.chats.at(-1);
  if (chat === undefined) throw new Error('nothing was asked');
  return said(chat.frame);
}

const user = (content: string): unknown => ({ role: 'user', content });

const tools = Array.from({ length: 8 }, (_, at) =>
  llm.tool({
    name: `tool_${at}`,
    description: 'Does what a tool of a usual size does, and says so in a few words',
    parameters: { type: 'object', properties: { city: { type: 'string', description: 'A city' } } },
    execute: async () => '',
  }),
);

test('the second turn brings what is new, on top of the first', async () => {
  const server = await serveMirrors();
  const model = await connected(server);
  const chatCtx = ask('One?');
  await model.chat({ chatCtx }).collect();
  expect(lastOf(server)).toEqual({ mirror: { key: '1', keep: 0 }, messages: [user('One?')] });
  chatCtx.addMessage({ role: 'assistant', content: 'x' });
  chatCtx.addMessage({ role: 'user', content: 'Two?' });
  await model.chat({ chatCtx }).collect();
  expect(lastOf(server)).toEqual({
    mirror: { key: '1', base: server.chats[0]?.id, keep: 1 },
    messages: [{ role: 'assistant', content: 'x' }, user('Two?')],
  });
});

test('instructions and tools travel when they change, and are taken back', async () => {
  const server = await serveMirrors();
  const model = await connected(server);
  const chatCtx = llm.ChatContext.empty();
  const instruct = (content: string): void => {
    chatCtx.items[0] = new llm.ChatMessage({ id: 'lk.agent_task.instructions', role: 'system', content });
  };
  const turn = async (toolCtx: llm.ToolContextLike): Promise<Record<string, unknown>> => {
    chatCtx.addMessage({ role: 'user', content: 'And?' });
    await model.chat({ chatCtx, toolCtx }).collect();
    return lastOf(server);
  };
  instruct('Be brief.');
  expect(await turn(tools)).toMatchObject({ instructions: 'Be brief.', tools: { length: 8 } });
  const second = await turn(tools);
  expect(Object.keys(second)).toEqual(['mirror', 'messages']);
  instruct('Be kind.');
  expect(await turn(tools)).toMatchObject({ mirror: { keep: 2 }, instructions: 'Be kind.' });
  expect(await turn(tools.slice(1))).toMatchObject({ tools: { length: 7 } });
  instruct('');
  expect(await turn([])).toMatchObject({ mirror: { keep: 4 }, instructions: '', tools: [] });
  expect(Object.keys(await turn([]))).toEqual(['mirror', 'messages']);
});

test.each([10, 100, 400])(
  'with %i items a plain turn stays under 600 bytes beyond its words',
  async (count) => {
    const server = await serveMirrors();
    const model = await connected(server);
    const chatCtx = ask('Hello?');
    for (let at = 1; at < count; at += 1) {
      chatCtx.addMessage({
        role: at % 2 === 0 ? 'user' : 'assistant',
        content: `Something was said, number ${at}.`,
      });
    }
    await model.chat({ chatCtx, toolCtx: tools }).collect();
    const words = ['It was answered.', 'And asked again?'];
    chatCtx.addMessage({
      role: 'assistant',
      content: words[0] ?? '',
      extra: { wsLlm: { reply: 'abcdef01-400' } },
    });
    chatCtx.addMessage({ role: 'user', content: words[1] ?? '' });
    await model.chat({ chatCtx, toolCtx: tools }).collect();
    const bytes = Buffer.byteLength(JSON.stringify(server.chats[1]?.frame));
    expect(bytes - words.join('').length).toBeLessThan(600);
  },
);

test('guesses that were abandoned, and a text that changed in place, cost a smaller keep', async () => {
  const server = await serveMirrors({ onChat: (chat) => void (chat.number === 4 && chat.answer('x')) });
  const model = await connected(server);
  const history = ask('One?');
  const question = new llm.ChatMessage({ role: 'user', content: '' });
  for (const guess of ['Two', 'Two or', 'Two or three']) {
    question.content[0] = guess;
    const chatCtx = history.copy();
    chatCtx.items.push(question);
    model.chat({ chatCtx }).close();
  }
  history.items.push(question);
  question.content[0] = 'Two or three?';
  await model.chat({ chatCtx: history }).collect();
  expect(server.chats.map((chat) => said(chat.frame)).slice(1)).toEqual([
    { mirror: { key: '1', base: server.chats[0]?.id, keep: 1 }, messages: [user('Two or')] },
    { mirror: { key: '1', base: server.chats[1]?.id, keep: 1 }, messages: [user('Two or three')] },
    { mirror: { key: '1', base: server.chats[2]?.id, keep: 1 }, messages: [user('Two or three?')] },
  ]);
});

test('an extra that changed in place is told again', async () => {
  const server = await serveMirrors();
  const model = await connected(server);
  const chatCtx = ask();
  const vendor = { seen: ['a'] };
  chatCtx.addMessage({ role: 'assistant', content: 'y', extra: { vendor } });
  await model.chat({ chatCtx }).collect();
  vendor.seen.push('b');
  await model.chat({ chatCtx }).collect();
  expect(lastOf(server)).toMatchObject({
    mirror: { keep: 1 },
    messages: [{ extra: { vendor: { seen: ['a', 'b'] } } }],
  });
});

test('somebody else’s context on the same plugin has a mirror of its own, and both go on', async () => {
  const server = await serveMirrors();
  const model = await connected(server);
  const talk = ask('One?');
  for (const text of ['Two?', 'Three?', 'Four?', 'Five?', 'Six?'])
    talk.addMessage({ role: 'user', content: text });
  await model.chat({ chatCtx: talk }).collect();
  const judge = llm.ChatContext.empty();
  judge.addMessage({ role: 'system', content: 'You judge.' });
  await model.chat({ chatCtx: judge }).collect();
  expect(lastOf(server)).toMatchObject({ mirror: { key: '2', keep: 0 } });
  talk.addMessage({ role: 'user', content: 'Seven?' });
  await model.chat({ chatCtx: talk }).collect();
  expect(lastOf(server)).toMatchObject({ mirror: { key: '1', keep: 6 }, messages: { length: 1 } });
  judge.addMessage({ role: 'user', content: 'Well?' });
  await model.chat({ chatCtx: judge }).collect();
  expect(lastOf(server)).toMatchObject({ mirror: { key: '2', keep: 1 }, messages: { length: 1 } });
});

test('more conversations than the server keeps: those it has dropped begin anew', async () => {
  const server = await serveMirrors({ limits: { mirrors: 2 } });
  const model = await connected(server);
  const talks = ['a', 'b', 'c'].map((name) => {
    const talk = ask(name);
    for (let at = 0; at < 6; at += 1) talk.addMessage({ role: 'user', content: `${name}${at}` });
    return talk;
  });
  for (const chatCtx of [...talks, ...talks]) await model.chat({ chatCtx }).collect();
  expect(server.chats.map((chat) => chat.frame['mirror'])).toMatchObject(
    Array.from({ length: 6 }, () => ({ keep: 0 })),
  );
});

test('a server that lost the mirror is told everything at once, and LiveKit notices nothing', async () => {
  const server = await serveMirrors({
    onChat: (chat) => (chat.number === 2 ? chat.error('unknown_mirror') : chat.answer('Hi.')),
  });
  const model = await connected(server);
  const { errors } = watch(model);
  const chatCtx = ask('One?');
  await model.chat({ chatCtx, toolCtx: tools }).collect();
  chatCtx.addMessage({ role: 'user', content: 'Two?' });
  const once = { ...quick, maxRetry: 0 };
  expect(await textsOf(model.chat({ chatCtx, toolCtx: tools, connOptions: once }))).toEqual(['Hi.']);
  expect(errors).toEqual([]);
  expect(said(server.chats[2]?.frame ?? { type: '' })).toEqual({
    mirror: { key: '1', keep: 0 },
    messages: [user('One?'), user('Two?')],
    tools: expect.objectContaining({ length: 8 }),
  });
  chatCtx.addMessage({ role: 'user', content: 'Three?' });
  await model.chat({ chatCtx, toolCtx: tools }).collect();
  expect(lastOf(server)).toMatchObject({ mirror: { base: server.chats[2]?.id, keep: 2 } });
});

test('a server that never knows the mirror is one error, not a loop', async () => {
  const server = await serveMirrors({ onChat: (chat) => chat.error('unknown_mirror') });
  const model = await connected(server);
  const { errors } = watch(model);
  await textsOf(model.chat({ chatCtx: ask(), connOptions: { ...quick, maxRetry: 0 } }));
  expect(errors).toHaveLength(1);
  expect(server.chats).toHaveLength(2);
});

test.each(['bad_request', 'too_large'])('after %s the next request begins anew', async (code) => {
  const server = await serveMirrors({
    onChat: (chat) => (chat.number === 2 ? chat.error(code, { retryable: false }) : chat.answer('Hi.')),
  });
  const model = await connected(server);
  const chatCtx = ask('One?');
  for (let turn = 0; turn < 3; turn += 1) {
    chatCtx.addMessage({ role: 'user', content: `${turn}` });
    await textsOf(model.chat({ chatCtx, connOptions: quick }));
  }
  expect(lastOf(server)).toMatchObject({ mirror: { keep: 0 }, messages: { length: 4 } });
});

test('a new socket begins anew', async () => {
  const server = await serveMirrors();
  const model = await connected(server);
  const chatCtx = ask('One?');
  await model.chat({ chatCtx }).collect();
  server.closeClients(1012);
  await server.until(() => server.connections === 2);
  await model.chat({ chatCtx }).collect();
  expect(lastOf(server)).toEqual({ mirror: { key: '1', keep: 0 }, messages: [user('One?')] });
});

test('the whole list counts against the server’s limits, not what travels of it', async () => {
  const server = await serveMirrors({ limits: { messages: 2 } });
  const model = await connected(server);
  const { errors } = watch(model);
  const chatCtx = ask('One?');
  await model.chat({ chatCtx }).collect();
  for (const content of ['Two?', 'Three?']) chatCtx.addMessage({ role: 'user', content });
  await textsOf(model.chat({ chatCtx, connOptions: quick }));
  expect(errors).toMatchObject([{ error: { statusCode: 413 } }]);
  expect(server.chats).toHaveLength(1);
  chatCtx.items.pop();
  await model.chat({ chatCtx, connOptions: quick }).collect();
  expect(lastOf(server)).toMatchObject({ mirror: { base: server.chats[0]?.id, keep: 1 } });
});

test('instructions alone are something to answer', async () => {
  const server = await serveMirrors();
  const model = await connected(server);
  const chatCtx = llm.ChatContext.empty();
  chatCtx.addMessage({ id: 'lk.agent_task.instructions', role: 'system', content: 'Greet them.' });
  await model.chat({ chatCtx }).collect();
  expect(lastOf(server)).toMatchObject({ messages: [{ role: 'system', content: 'Greet them.' }] });
});
