// A server that goes and comes back costs a turn nothing before its first word, one error after it, and no turn that comes later.
import { llm, type APIConnectOptions } from '@livekit/agents';
import type { WebSocketLLM } from 'livekit-agents-plugin-ws-llm';
import { expect, test, vi } from 'vitest';
import { startWorld, userMessage, type World } from './provider-world.ts';

// Whole sessions start here, also on a machine that is busy.
vi.setConfig({ testTimeout: 30_000 });

const patient: APIConnectOptions = { maxRetry: 20, retryIntervalMs: 50, timeoutMs: 10_000 };

interface Told {
  error: Error;
  recoverable: boolean;
}

interface Survivor {
  world: World;
  plugin: WebSocketLLM;
  errors: Told[];
  ask: (text: string) => llm.LLMStream;
}

/** Connected, with nothing between it and the server. */
async function startSurvivor(): Promise<Survivor> {
  const world = await startWorld();
  const plugin = world.connect({ url: world.url });
  const errors: Told[] = [];
  plugin.on('error', ({ error, recoverable }) => errors.push({ error, recoverable }));
  await plugin.ready();
  const ask = (text: string): llm.LLMStream => {
    const chatCtx = llm.ChatContext.empty();
    chatCtx.items.push(userMessage(text));
    return plugin.chat({ chatCtx, connOptions: patient });
  };
  return { world, plugin, errors, ask };
}

test('a restart before the first word: the turn is asked again and answered', async () => {
  const { world, errors, ask } = await startSurvivor();
  world.model.script.push({ tokens: ['Never.'], firstTokenMs: 60_000 });
  const answer = ask('One?').collect();
  const first = await world.model.request(0);
  await world.stop();
  await first.closed;
  await world.start();
  expect((await answer).text).toBe('Hello, how are you?');
  expect(errors.filter(({ recoverable }) => !recoverable)).toEqual([]);
  expect(world.model.requests).toHaveLength(2);
});

test('a restart after the first word: one error, nothing said twice, and the next turn is answered', async () => {
  const { world, errors, ask } = await startSurvivor();
  world.model.script.push({ tokens: ['One ', 'two.'], tokenMs: 60_000 });
  const stream = ask('One?');
  expect((await stream.next()).value?.delta?.content).toBe('One ');
  await world.stop();
  await world.start();
  expect((await stream.collect()).text).toBe('');
  expect(errors).toMatchObject([{ recoverable: false, error: { name: 'APIConnectionError' } }]);
  expect((await ask('Two?').collect()).text).toBe('Hello, how are you?');
  expect(world.model.requests).toHaveLength(2);
});

test('a server that closes in good order finishes what it said, and its successor answers what came meanwhile', async () => {
  const { world, errors, ask } = await startSurvivor();
  world.model.script.push({ tokens: ['One ', 'two ', 'three.'], tokenMs: 150 });
  const before = ask('One?');
  await before.next();
  const stopped = world.stop(5_000);
  const meanwhile = ask('Two?').collect();
  expect((await before.collect()).text).toBe('two three.');
  await stopped;
  await world.start();
  expect((await meanwhile).text).toBe('Hello, how are you?');
  expect(errors.filter(({ recoverable }) => !recoverable)).toEqual([]);
});
