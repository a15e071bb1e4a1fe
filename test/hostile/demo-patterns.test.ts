/**
 * Texts at which a careless pattern backtracks or a careless loop is quadratic: no other client
 * waits for them.
 */
import { expect, test, vi } from 'vitest';
import { RawClient } from './parts/raw-client.ts';
import { ask, startWorld } from './parts/world.ts';

vi.setConfig({ testTimeout: 60_000 });

/** Longest stall that a frame of a megabyte may cause: to parse it takes some. */
const stallMs = 200;

const pieces: readonly string[] = [
  'all ',
  'any',
  'every ',
  'context ',
  'context',
  'after ',
  'after 9',
  '1 second',
  '9',
  'one of these words ',
  'one of these words: a',
  'time',
  'time out ',
  'I say ',
  'do not ',
  "can't ",
  'who are ',
  'a ',
  ' ',
  '\n',
  '\n ',
  'error ',
  'tool ',
  'call ',
  'take ',
  'my name is ',
  'headache ',
  'pain,',
  'since ',
  'and ',
  '.',
  '. ',
  'x.',
  '?',
  '-',
  '_',
  '*',
  '**',
  '[',
  '[a](',
  '](',
  '<',
  '<a ',
  '</',
  '`',
  '```\n',
  '#',
  '|',
  '|-',
  '&',
  '&#',
  '\\',
  '(',
  '{"',
  'http://',
  'www.',
  'a@',
  'é',
  '👩‍',
  '\u200D',
  '\uFE0F',
];

test('a plain frame of 260,000 times "all " from a guest delays no other client', async (context) => {
  const world = await startWorld(context, { clause: 'A7', backend: 'demo' });
  const client = await RawClient.open(world.port, { origin: 'null' });
  client.send({ type: 'chat', messages: [{ role: 'user', content: 'all '.repeat(260_000) }] });
  await new Promise<void>((resolve) => {
    client.onText = () => resolve();
    setTimeout(resolve, 5_000);
  });
  expect(await world.lives()).toBe(true);
  expect(world.figures.stallMs).toBeLessThan(stallMs);
  expect(world.figures.healthMs).toBeLessThan(1_000);
});

test.for(['markdown', 'speech'] as const)(
  'a text of a guest, repeated to fill a frame, delays no other client when the demo answers it as %s',
  async (output, context) => {
    const world = await startWorld(context, { clause: 'A7', backend: 'demo' });
    const slow: string[] = [];
    for (const [index, piece] of pieces.entries()) {
      const client = await world.guest();
      const text = piece.repeat(Math.floor(900_000 / Buffer.byteLength(JSON.stringify(piece))));
      world.watch.forgetStall();
      const asked = ask(client, String(index), text, { output, mirror: { keep: 0 } });
      await Promise.race([asked.catch(() => undefined), new Promise((resolve) => setTimeout(resolve, 30))]);
      // Said back, through whatever cleans it for speech.
      client.send({
        type: 'chat',
        id: 'again',
        output,
        messages: [
          { role: 'user', content: text.slice(0, 60_000) },
          { role: 'user', content: 'What did I say before?' },
        ],
        mirror: { keep: 0 },
      });
      await new Promise((resolve) => setTimeout(resolve, 20));
      await world.lives(10_000);
      client.socket.terminate();
      const tookMs = await world.watch.stall();
      if (tookMs > stallMs) slow.push(`${JSON.stringify(piece)}: ${tookMs.toFixed(0)} ms`);
      if (world.server.end !== undefined || tookMs > 5_000) break;
    }
    world.figures.notes.push(...slow);
    expect(slow).toEqual([]);
  },
);
