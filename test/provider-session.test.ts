// A text session on the real server: turns, whole tool loops, choices, and what a persona's own tools tell.
import { llm, voice } from '@livekit/agents';
import { replyExtraOf, type PersonaFrameEvent, type WebSocketLLM } from 'livekit-agents-plugin-ws-llm';
import { afterAll, expect, test, vi } from 'vitest';
import { startWorld, symptomsPersona, toldOf, userMessage, type World } from './provider-world.ts';

// Whole sessions start here, also on a machine that is busy.
vi.setConfig({ testTimeout: 30_000 });

/** Closed together: LiveKit takes half a second for each. */
const sessions: voice.AgentSession[] = [];
afterAll(() => Promise.all(sessions.map((session) => session.close())));

type Say = (text: string) => Promise<voice.testing.RunResult>;

/** No room, no speech. */
async function startSession(
  world: World,
  model: WebSocketLLM,
  agent: voice.Agent,
): Promise<[voice.AgentSession, Say]> {
  const session = new voice.AgentSession({ llm: model, vad: null, turnHandling: { turnDetection: null } });
  session.on(voice.AgentSessionEventTypes.Error, () => {});
  session.on(voice.AgentSessionEventTypes.ConversationItemAdded, ({ item }) => model.adopt(item));
  sessions.push(session);
  await session.start({ agent });
  await world.warmed();
  const say: Say = async (userInput) => {
    const result = session.run({ userInput });
    await result.wait();
    return result;
  };
  return [session, say];
}

const city = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
const weather = llm.tool({
  name: 'weather',
  description: 'Tells the weather',
  parameters: city,
  execute: async (args) => `dry in ${String(Reflect.get(args, 'city'))}`,
});

/** A model that numbers the calls of each reply from one. */
function callsWeather(...cities: string[]): World['model']['fallback'] {
  const toolCalls = cities.map((name, at) => ({
    id: `call_${at + 1}`,
    name: 'weather',
    arguments: JSON.stringify({ city: name }),
  }));
  return { tokens: ['Let me see.'], toolCalls };
}

test('a whole tool loop runs, and each call keeps its own result although the model uses its ids again', async () => {
  const world = await startWorld();
  const { model, tap } = world;
  const agent = new voice.Agent({ instructions: 'Be brief.', tools: [weather] });
  const [, say] = await startSession(world, world.connect(), agent);
  model.script.push(callsWeather('Bonn', 'Kiel'), { tokens: ['Both dry.'] });
  const first = await say('Rain?');
  first.expect.containsFunctionCall({ name: 'weather' });
  model.script.push(callsWeather('Rome'), { tokens: ['Dry too.'] });
  await say('And Rome?');
  const call = (id: string, name: string): object => ({
    id,
    type: 'function',
    function: { name: 'weather', arguments: JSON.stringify({ city: name }) },
  });
  expect(toldOf(model.requests.at(-1)).messages).toEqual([
    { role: 'system', content: 'You are a test.\n\nBe brief.' },
    { role: 'user', content: 'Rain?' },
    {
      role: 'assistant',
      content: 'Let me see.',
      tool_calls: [call('call_1', 'Bonn'), call('call_2', 'Kiel')],
    },
    { role: 'tool', tool_call_id: 'call_1', content: '"dry in Bonn"' },
    { role: 'tool', tool_call_id: 'call_2', content: '"dry in Kiel"' },
    { role: 'assistant', content: 'Both dry.' },
    { role: 'user', content: 'And Rome?' },
    { role: 'assistant', content: 'Let me see.', tool_calls: [call('call_1', 'Rome')] },
    { role: 'tool', tool_call_id: 'call_1', content: '"dry in Rome"' },
  ]);
  expect(tap.connections).toBe(1);
  expect(tap.frames.filter(({ frame }) => frame.type === 'error')).toEqual([]);
});

test.each([
  ['auto', 'auto'],
  ['none', 'none'],
  ['required', 'required'],
  [
    { type: 'function', function: { name: 'weather' } },
    { type: 'function', function: { name: 'weather' } },
  ],
] as const)('the choice %j among tools reaches the model', async (toolChoice, expected) => {
  const { model, connect } = await startWorld();
  const chatCtx = llm.ChatContext.empty();
  chatCtx.items.push(userMessage('Rain?'));
  const asked = connect().chat({ chatCtx, toolCtx: [weather], toolChoice, parallelToolCalls: false });
  await asked.collect();
  expect(model.requests[0]?.body).toMatchObject({ tool_choice: expected, parallel_tool_calls: false });
});

test('what a persona’s tool collects is told once, with the message of its reply', async () => {
  const world = await startWorld({ persona: symptomsPersona });
  const { model } = world;
  const plugin = world.connect();
  const told: PersonaFrameEvent[] = [];
  plugin.on('persona_frame', (frame) => told.push(frame));
  const [session, say] = await startSession(world, plugin, new voice.Agent({ instructions: '' }));
  const symptoms = [{ name: 'headache', choice_id: 'present' }];
  const collects = { id: 'c', name: 'collect_symptoms', arguments: JSON.stringify({ symptoms }) };
  model.script.push({ tokens: ['I see. '], toolCalls: [collects] }, { tokens: ['Since when?'] });
  await say('My head hurts.');
  const [reply] = session.history.items.flatMap((item) =>
    item.type === 'message' && item.role === 'assistant' ? [replyExtraOf(item)?.reply] : [],
  );
  expect(told).toEqual([{ type: 'symptoms_collected', reply, data: { symptoms } }]);
  await say('Since Monday.');
  expect(told).toHaveLength(1);
});

test('metrics tell tokens, model and first token; the message tells the server’s own clock', async () => {
  const world = await startWorld();
  const plugin = world.connect();
  const metrics = new Promise<Parameters<llm.LLMCallbacks['metrics_collected']>[0]>((resolve) =>
    plugin.once('metrics_collected', resolve),
  );
  const [session, say] = await startSession(world, plugin, new voice.Agent({ instructions: '' }));
  await say('Hello?');
  const { ttftMs, durationMs, ...rest } = await metrics;
  expect(rest).toMatchObject({
    cancelled: false,
    promptTokens: expect.any(Number),
    completionTokens: 5,
    metadata: { modelProvider: 'ws-llm', modelName: 'fake-model' },
  });
  expect(ttftMs).toBeGreaterThan(0);
  expect(durationMs).toBeGreaterThanOrEqual(ttftMs);
  const answer = session.history.items.at(-1);
  const extra = answer?.type === 'message' ? replyExtraOf(answer) : undefined;
  expect(extra).toMatchObject({ finishReason: 'stop', model: 'fake-model', backend: 'openai' });
  expect(extra?.timing?.totalMs).toBeGreaterThanOrEqual(extra?.timing?.firstTokenMs ?? Infinity);
});
