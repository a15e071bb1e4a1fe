// What LiveKit expects of every LLM, with a model that does its part: a system message alone, and tools in all the shapes that there are.
import { llm } from '@livekit/agents';
import { expect, test, vi } from 'vitest';
import { z } from 'zod';
import { z as z3 } from 'zod/v3';
import { startWorld, userMessage } from './provider-world.ts';

// Whole sessions start here, also on a machine that is busy.
vi.setConfig({ testTimeout: 30_000 });

interface Asked {
  toolCtx: llm.ToolContextLike;
  /** What the model calls it with. */
  args: Record<string, unknown>;
  name: string;
}

/** Asks; the model calls; the tool runs. What the model was told about it, and what came of it. */
async function call({ toolCtx, args, name }: Asked): Promise<{
  definition: unknown;
  result: llm.FunctionCallOutput;
}> {
  const { model, connect } = await startWorld();
  const plugin = connect();
  await plugin.ready();
  model.script.push({ tokens: [], toolCalls: [{ id: 'call_1', name, arguments: JSON.stringify(args) }] });
  const chatCtx = llm.ChatContext.empty();
  chatCtx.items.push(userMessage('Please do.'));
  const stream = plugin.chat({ chatCtx, toolCtx, extraKwargs: { temperature: undefined } });
  const calls: llm.FunctionCall[] = [];
  for await (const chunk of stream) calls.push(...(chunk.delta?.toolCalls ?? []));
  stream.close();
  expect(calls).toHaveLength(1);
  const [only] = calls;
  if (only === undefined) throw new Error('nothing was called');
  const tools = model.requests[0]?.body['tools'] as { function: { name: string; parameters: unknown } }[];
  return {
    definition: tools.find(({ function: { name: called } }) => called === name)?.function.parameters,
    result: await llm.executeToolCall(only, llm.toToolContext(toolCtx) ?? new llm.ToolContext([])),
  };
}

test('a context with only a system message is answered', async () => {
  const { connect, model } = await startWorld();
  const chatCtx = llm.ChatContext.empty();
  chatCtx.addMessage({ role: 'system', content: 'Say hello.' });
  expect((await connect().chat({ chatCtx }).collect()).text).toBe('Hello, how are you?');
  expect(model.requests[0]?.body.messages.at(-1)).toEqual({ role: 'system', content: 'Say hello.' });
});

const playMusic = (parameters: Parameters<typeof llm.toJsonSchema>[0]): llm.ToolContextLike => [
  llm.tool({
    name: 'play',
    description: 'Plays a piece of music',
    parameters: parameters as never,
    execute: async (args: object) => args,
  }),
];

const properties = { name: { type: 'string' }, artist: { type: 'string' } };

test.each([
  ['zod 4', z.object({ name: z.string(), artist: z.string() })],
  ['zod 3', z3.object({ name: z3.string(), artist: z3.string() })],
  ['a JSON schema', { type: 'object', properties, required: ['name', 'artist'] }],
] as const)('a tool in %s is told, called and run', async (_shape, parameters) => {
  const args = { name: 'Eroica', artist: 'Beethoven' };
  const { definition, result } = await call({ toolCtx: playMusic(parameters as never), name: 'play', args });
  expect(definition).toMatchObject({ type: 'object', properties, required: ['name', 'artist'] });
  expect(definition).not.toHaveProperty('$schema');
  expect(result).toMatchObject({ isError: false, output: JSON.stringify(args), callId: 'call_1' });
});

test('a tool without parameters is told as one that takes an empty object', async () => {
  const toolCtx = [llm.tool({ name: 'stop', description: 'Stops', execute: async () => 'stopped' })];
  const { definition, result } = await call({ toolCtx, name: 'stop', args: {} });
  expect(definition).toMatchObject({ type: 'object', properties: {} });
  expect(result).toMatchObject({ isError: false, output: '"stopped"' });
});

test('a tool that fails says so in its result', async () => {
  const toolCtx = [
    llm.tool({
      name: 'fail',
      description: 'Fails',
      execute: async () => {
        throw new llm.ToolError('Simulated failure');
      },
    }),
  ];
  const { result } = await call({ toolCtx, name: 'fail', args: {} });
  expect(result).toMatchObject({ isError: true, output: expect.stringContaining('Simulated failure') });
});

test('lists, choices and what may be left out arrive as they were asked for', async () => {
  const parameters = z.object({
    amenities: z.array(z.enum(['wifi', 'parking'])),
    unit: z.enum(['celsius', 'fahrenheit']),
    phone: z.string().optional(),
    note: z.string().nullable(),
  });
  const args = { amenities: ['wifi'], unit: 'celsius', note: null };
  const { definition, result } = await call({ toolCtx: playMusic(parameters), name: 'play', args });
  expect(definition).toMatchObject({
    properties: {
      amenities: { type: 'array', items: { enum: ['wifi', 'parking'] } },
      unit: { enum: ['celsius', 'fahrenheit'] },
    },
    required: ['amenities', 'unit', 'note'],
  });
  expect(JSON.parse(result.output)).toEqual(args);
});

test('tools of a toolset are told beside those that stand alone', async () => {
  const tool = (name: string): llm.ToolContextEntry =>
    llm.tool({ name, description: name, execute: async () => `from ${name}` });
  const toolCtx = [new llm.Toolset({ id: 'set', tools: [tool('inside')] }), tool('beside')];
  for (const name of ['inside', 'beside']) {
    const { definition, result } = await call({ toolCtx, name, args: {} });
    expect(definition).toBeDefined();
    expect(result.output).toBe(`"from ${name}"`);
  }
});

test('several calls of one reply arrive with ids of their own', async () => {
  const { model, connect } = await startWorld();
  const toolCalls = ['a', 'b'].map((id) => ({ id, name: 'play', arguments: '{}' }));
  model.script.push({ tokens: ['Both.'], toolCalls });
  const chatCtx = llm.ChatContext.empty();
  chatCtx.items.push(userMessage('Please do.'));
  const toolCtx = playMusic({ type: 'object', properties: {} });
  const plugin = connect();
  const { text, toolCalls: called } = await plugin.chat({ chatCtx, toolCtx }).collect();
  expect(text).toBe('Both.');
  expect(called.map(({ callId }) => callId)).toEqual(['a', 'b']);
});
