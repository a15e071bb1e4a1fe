/** How much a model thinks is said in the words that this model takes, found out at its first refusal. */
import { expect, onTestFinished, test } from 'vitest';
import { OllamaBackend } from '../../src/backends/ollama-backend.ts';
import { collect } from './collect.ts';
import { LoadingOllama } from './loading-ollama.ts';

async function thinkSent(
  thinking: LoadingOllama['thinking'],
  ...efforts: (string | undefined)[]
): Promise<unknown[]> {
  const ollama = await LoadingOllama.start();
  onTestFinished(() => ollama.close());
  ollama.loaded = true;
  ollama.thinking = thinking;
  const backend = new OllamaBackend({ host: ollama.host, model: 'm' });
  for (const effort of efforts) {
    const params = effort === undefined ? {} : { reasoningEffort: effort };
    const request = { messages: [{ role: 'user' as const, content: 'hi' }], params };
    expect((await collect(backend, request)).at(-1)).toEqual({ type: 'finish', reason: 'stop' });
  }
  return ollama.seen.flatMap(({ path, body }) => (path === '/api/chat' ? [body['think']] : []));
}

test('a model that takes levels gets them; what it has no word for is the nearest', async () => {
  expect(
    await thinkSent('levels', undefined, 'none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'deep'),
  ).toEqual([undefined, false, 'low', 'low', 'medium', 'high', 'high', true]);
});

test('a model that only thinks or does not is told so, after one refusal', async () => {
  expect(await thinkSent('switch', 'low', 'high', 'none')).toEqual(['low', true, true, false]);
});

test('a model that does not think answers all the same, after one refusal', async () => {
  expect(await thinkSent('none', 'low', 'high', undefined)).toEqual(['low', undefined, undefined, undefined]);
});

test('a model that does not think may be told not to', async () => {
  expect(await thinkSent('none', 'none')).toEqual([false]);
});
