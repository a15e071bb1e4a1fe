// In a real AgentSession the plugin is what LiveKit expects: turns, tools, interruptions, failures, metrics.
import { llm, voice } from '@livekit/agents';
import { replyExtraOf, type WebSocketLLM } from 'livekit-agents-plugin-ws-llm';
import { afterAll, expect, test } from 'vitest';
import { connect, connected, serve } from './harness.ts';

interface Started {
  session: voice.AgentSession;
  say: (text: string) => Promise<voice.testing.RunResult>;
}

/** Closed together: LiveKit takes half a second for each. */
const sessions: voice.AgentSession[] = [];
afterAll(() => Promise.all(sessions.map((session) => session.close())));

/** A text-only session: no room, no speech. */
async function startSession(model: WebSocketLLM, agent: voice.Agent): Promise<Started> {
  const session = new voice.AgentSession({
    llm: model,
    vad: null,
    turnHandling: { turnDetection: null },
    connOptions: { llmConnOptions: { maxRetry: 2, retryIntervalMs: 10, timeoutMs: 2_000 } },
  });
  session.on(voice.AgentSessionEventTypes.Error, () => {});
  await session.start({ agent });
  sessions.push(session);
  const say = async (userInput: string): Promise<voice.testing.RunResult> => {
    const result = session.run({ userInput });
    await result.wait();
    return result;
  };
  return { session, say };
}

test('a conversation of two turns', async () => {
  const server = await serve({ onChat: (chat) => chat.answer(`Answer ${chat.number}.`) });
  const { session, say } = await startSession(
    connect(server),
    new voice.Agent({ instructions: 'Be brief.' }),
  );
  const first = await say('One?');
  first.expect.nextEvent().isMessage({ role: 'assistant' });
  first.expect.noMoreEvents();
  await say('Two?');
  expect(server.chats[1]?.frame).toMatchObject({
    instructions: 'Be brief.',
    messages: [
      { role: 'user', content: 'One?' },
      { role: 'assistant', content: 'Answer 1.' },
      { role: 'user', content: 'Two?' },
    ],
  });
  expect(server.connections).toBe(1);
  const spoken = session.history.items.filter((item) => item.type === 'message' && item.role === 'assistant');
  expect(spoken.map((item) => (item.type === 'message' ? replyExtraOf(item)?.reply : ''))).toEqual(
    server.chats.map((chat) => chat.id),
  );
});

test('a tool that the model calls runs, and its result goes back', async () => {
  const server = await serve({
    onChat: (chat) => {
      if (chat.number > 1) return chat.answer('It is dry.');
      const call = {
        id: 'call_1',
        type: 'function',
        function: { name: 'weather', arguments: '{"city":"Bonn"}' },
      };
      chat.delta('Let me see.');
      chat.send({ type: 'tool_call', id: chat.id, call });
      chat.complete({ finish_reason: 'tool_calls' });
    },
  });
  const weather = llm.tool({
    name: 'weather',
    description: 'Tells the weather',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
    execute: async (args) => `dry in ${String(Reflect.get(args, 'city'))}`,
  });
  const agent = new voice.Agent({ instructions: 'Be brief.', tools: [weather] });
  const { say } = await startSession(connect(server), agent);
  const result = await say('Rain?');
  result.expect.containsFunctionCall({ name: 'weather' });
  expect(server.chats[1]?.frame['messages']).toMatchObject([
    { role: 'user', content: 'Rain?' },
    { role: 'assistant', content: 'Let me see.', tool_calls: [{ id: 'call_1' }] },
    { role: 'tool', tool_call_id: 'call_1', content: '"dry in Bonn"' },
  ]);
});

test('an interruption in a session cancels the reply on the server', async () => {
  const server = await serve({ onChat: (chat) => chat.delta('A very long answer') });
  const { session } = await startSession(connect(server), new voice.Agent({ instructions: '' }));
  session.generateReply({ userInput: 'Tell me.' });
  await server.until(() => server.chats.length === 1);
  session.interrupt();
  await server.until(() => server.framesOf('cancel').length === 1);
  expect(server.framesOf('cancel')[0]?.id).toBe(server.chats[0]?.id);
});

test('a turn that fails for a moment is answered after all', async () => {
  const server = await serve({
    onChat: (chat) => (chat.number === 1 ? chat.error('backend_unavailable') : chat.answer('Here I am.')),
  });
  const { say } = await startSession(connect(server), new voice.Agent({ instructions: '' }));
  (await say('Hello?')).expect.nextEvent().isMessage({ role: 'assistant' });
});

test('usage is counted under the server’s model', async () => {
  const server = await serve({ onChat: (chat) => chat.answer('x') });
  const { session, say } = await startSession(connect(server), new voice.Agent({ instructions: '' }));
  await say('Hello?');
  expect(session.usage.modelUsage).toMatchObject([
    { provider: 'ws-llm', model: 'scripted-1', inputTokens: 11, outputTokens: 3 },
  ]);
});

test('it works inside a FallbackAdapter: a server that is silent gives way to the next', async () => {
  const silent = await serve({});
  const other = await serve({ onChat: (chat) => chat.answer('From the second.') });
  const llms = [await connected(silent), await connected(other)];
  const adapter = new llm.FallbackAdapter({ llms, attemptTimeout: 0.5 });
  const chatCtx = llm.ChatContext.empty();
  chatCtx.addMessage({ role: 'user', content: 'Hello?' });
  expect((await adapter.chat({ chatCtx }).collect()).text).toBe('From the second.');
});
