/** A server that is away for half a minute costs the turns of that time, and is found again before anybody asks. */
import { setTimeout as sleep } from 'node:timers/promises';
import { llm } from '@livekit/agents';
import { expect, test } from 'vitest';
import { startWorld, userMessage } from '../provider-world.ts';

const awayMs = 30_000;

test('after half a minute without a server the next turn is answered, on a socket that was opened before it', async () => {
  const world = await startWorld();
  const plugin = world.connect({ url: world.url });
  const errors: Error[] = [];
  plugin.on('error', ({ error }) => errors.push(error));
  const ask = async (text: string): Promise<string> => {
    const chatCtx = llm.ChatContext.empty();
    chatCtx.items.push(userMessage(text));
    const connOptions = { maxRetry: 0, retryIntervalMs: 10, timeoutMs: 10_000 };
    return (await plugin.chat({ chatCtx, connOptions }).collect()).text;
  };
  expect(await ask('One?')).toBe('Hello, how are you?');
  await world.stop();
  await sleep(awayMs / 2);
  expect(await ask('Two?')).toBe('');
  expect(errors).toMatchObject([{ name: 'APIConnectionError', retryable: true }]);
  await sleep(awayMs / 2);
  await world.start();
  // Nobody asks for it; the longest pause between two attempts is ten seconds.
  await expect
    .poll(async () => (await (await fetch(`${world.url.replace('ws', 'http')}health`)).json()) as unknown, {
      timeout: 30_000,
    })
    .toMatchObject({ connections: 1 });
  expect(await ask('Three?')).toBe('Hello, how are you?');
  expect(errors).toHaveLength(1);
  expect(world.model.requests).toHaveLength(2);
});
