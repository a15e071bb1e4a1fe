/** With the real Ollama a warmed persona begins in a quarter of the cold time, and each turn has the model read only what is new. */
import { expect, test } from 'vitest';
import { locateParts } from './parts/locate-parts.ts';
import type { RunningOllama } from './parts/ollama.ts';
import { completeOf, firstTokenMs, textOf } from './parts/reply-frames.ts';
import { type ServerOnOllama, startServerOnOllama } from './parts/server-on-ollama.ts';

const { model } = locateParts();
const patience = { timeout: 600_000 };

/** About 600 tokens. */
const prompt = Array.from({ length: 55 }, (_, rule) => `Rule number ${rule} is to be kind and brief.`).join(
  ' ',
);
const question = { role: 'user', content: 'How can I sleep better?' };
const chat = { type: 'chat', params: { max_tokens: 20, temperature: 0 } };

/** How much of each prompt Ollama had to read, and how long the prompt was. */
function promptsRead({ output }: RunningOllama): { prompt: number; read: number }[] {
  return [...output.matchAll(/loading cache slot.* prompt=(\d+) used=\d+ remaining=(\d+)/g)].map(
    ([, tokens, read]) => ({ prompt: Number(tokens), read: Number(read) }),
  );
}

/** First tokens in milliseconds, of a model that has read nothing and of one that was warmed; both are in memory. */
async function coldAndWarm({ connect, http }: ServerOnOllama): Promise<{ cold: number; warm: number }> {
  const client = await connect();
  const begin = async (): Promise<void> => {
    await http('POST', '/api/models/unload', { model });
    await http('POST', '/api/models/load', { model });
  };
  await begin();
  client.send({ ...chat, id: 'cold', mirror: { keep: 0 }, messages: [question] });
  const cold = firstTokenMs(await client.untilEnd());
  await begin();
  client.send({ type: 'warm', id: 'warm', mirror: { key: 'c', keep: 0 }, messages: [] });
  const { prefilled_tokens: prefilled } = await client.nextOf('warmed');
  expect(prefilled).toBeGreaterThanOrEqual(600);
  client.send({ ...chat, id: '0', mirror: { key: 'c', base: 'warm', keep: 0 }, messages: [question] });
  const warm = firstTokenMs(await client.untilEnd());
  client.close();
  console.log(`first token: cold ${cold} ms, warm ${warm} ms, ratio ${(warm / cold).toFixed(3)}`);
  return { cold, warm };
}

test('warmed, a persona of 600 tokens begins in at most a quarter of the cold time', patience, async () => {
  const server = await startServerOnOllama({ prompt });
  const ratios: number[] = [];
  // The middle one of three: what else the machine does may fall upon any of them.
  for (let round = 0; round < 3; round += 1) {
    const { cold, warm } = await coldAndWarm(server);
    ratios.push(warm / cold);
  }
  const [, middle] = ratios.toSorted((one, other) => one - other);
  expect(middle).toBeLessThanOrEqual(0.25);
});

test('each turn of a conversation has the model read only what is new', patience, async () => {
  const { ollama, connect } = await startServerOnOllama({ prompt });
  const client = await connect();
  client.send({ type: 'warm', id: 'warm', mirror: { key: 'c', keep: 0 }, messages: [] });
  await client.nextOf('warmed');
  client.send({ ...chat, id: '0', mirror: { key: 'c', base: 'warm', keep: 0 }, messages: [question] });
  let frames = await client.untilEnd();
  for (let turn = 1; turn <= 4; turn += 1) {
    client.send({
      ...chat,
      id: String(turn),
      mirror: { key: 'c', base: String(turn - 1), keep: 2 * turn - 1 },
      messages: [
        { role: 'assistant', content: textOf(frames) },
        { role: 'user', content: `And what else, as number ${turn}?` },
      ],
    });
    frames = await client.untilEnd();
    completeOf(frames);
  }
  client.close();
  const [warm, ...turns] = promptsRead(ollama);
  expect(warm?.read).toBe(warm?.prompt);
  expect(turns).toHaveLength(5);
  for (const [turn, { prompt: whole, read }] of turns.entries()) {
    console.log(`turn ${turn}: ${read} of ${whole} prompt tokens evaluated`);
    expect(read).toBeLessThan(60);
  }
});

test(
  'a client that leaves while its model is warmed leaves the model loaded, and the next client is answered',
  patience,
  async () => {
    const { ollama, connect } = await startServerOnOllama({ prompt });
    const leaving = await connect();
    leaving.send({ type: 'warm', id: 'w', mirror: { key: 'c', keep: 0 }, messages: [] });
    await expect.poll(() => promptsRead(ollama).length, { timeout: 200_000, interval: 10 }).toBe(1);
    leaving.close();
    await leaving.closed;
    const client = await connect();
    client.send({ ...chat, id: '1', messages: [question] });
    expect(completeOf(await client.untilEnd())['finish_reason']).toMatch(/stop|length/);
    expect(ollama.output.match(/starting runner.*runner --model/g)).toHaveLength(1);
    client.close();
  },
);
