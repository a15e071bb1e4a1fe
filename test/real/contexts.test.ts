/** With the real Ollama at 512 tokens no conversation is too long, and what had to go is told. */
import { expect, test } from 'vitest';
import type { PacingProxy } from '../stand-ins/pacing-proxy/pacing-proxy.ts';
import { completeOf, textOf } from './parts/reply-frames.ts';
import { startServerOnOllama } from './parts/server-on-ollama.ts';

const patience = { timeout: 300_000 };

interface SentMessage {
  role: string;
  content: string;
}

/** What the model was sent by the newest of the server's requests. */
function lastSent(proxy: PacingProxy): SentMessage[] {
  const body = proxy.requests.at(-1)?.body as { messages: SentMessage[] } | undefined;
  return body?.messages ?? [];
}

const history = Array.from({ length: 30 }, (_, turn) => [
  { role: 'user', content: `Question ${turn}: my head hurts when I read for ${turn} hours. What can I do?` },
  {
    role: 'assistant',
    content: `Answer ${turn}: rest your eyes for ${turn} minutes and drink some water.`,
  },
]).flat();
const params = { max_tokens: 40, temperature: 0 };

test(
  'a conversation that does not fit is answered: the persona and the newest turns are there',
  patience,
  async () => {
    const prompt = 'You are Ada, a nurse. You answer in one short sentence.';
    const { proxy, connect } = await startServerOnOllama({ prompt, env: { OLLAMA_NUM_CTX: '512' } });
    const client = await connect();
    const last = { role: 'user', content: 'And what about my back?' };
    const messages = [...history, last];
    client.send({ type: 'chat', id: '1', mirror: { key: 'c', keep: 0 }, messages, params });
    const frames = await client.untilEnd();
    const complete = completeOf(frames);
    expect(textOf(frames).trim()).not.toBe('');

    const kept = lastSent(proxy);
    const dropped = messages.length + 1 - kept.length;
    expect(dropped).toBeGreaterThan(0);
    expect(kept).toEqual([{ role: 'system', content: prompt }, ...messages.slice(dropped)]);
    expect(kept[1]).toMatchObject({ role: 'user', content: expect.stringMatching(/^Question/) as string });
    expect(kept.length).toBeGreaterThan(8);
    const usage = complete['usage'] as { prompt_tokens: number; completion_tokens: number };
    expect(complete['context']).toEqual({ limit: 512, used: usage.prompt_tokens, dropped });
    expect(usage.prompt_tokens + usage.completion_tokens).toBeLessThanOrEqual(512);
    console.log(
      `512 tokens: ${dropped} messages dropped, ${usage.prompt_tokens} tokens read, answered "${textOf(frames)}"`,
    );

    // From now on without a refusal, and with the same beginning.
    const before = proxy.requests.length;
    client.send({
      type: 'chat',
      id: '2',
      mirror: { key: 'c', base: '1', keep: messages.length },
      messages: [
        { role: 'assistant', content: textOf(frames) },
        { role: 'user', content: 'Thank you. And my feet?' },
      ],
      params,
    });
    expect(completeOf(await client.untilEnd())['context']).toMatchObject({ limit: 512, dropped });
    expect(proxy.requests.length - before).toBe(1);
    expect(lastSent(proxy).slice(0, kept.length)).toEqual(kept);
    client.close();
  },
);

test('where persona and the last turn alone are too much, that is told', patience, async () => {
  const { connect } = await startServerOnOllama({ prompt: 'You are Ada.', env: { OLLAMA_NUM_CTX: '512' } });
  const client = await connect();
  const messages = [{ role: 'user', content: 'Why is the sky blue? '.repeat(120) }];
  client.send({ type: 'chat', id: '1', messages });
  expect(await client.untilEnd()).toMatchObject([
    { type: 'error', id: '1', code: 'context_too_long', retryable: false },
  ]);
  client.close();
});
