/** The worked sequences of PROTOCOL.md happen: a client that sends their lines gets their lines, frame by frame and key by key. */
import { readFileSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { type ReceivedFrame, TestSocket } from '../../test/stand-ins/test-socket.ts';
import type { Backend, BackendEvent, BackendListener, BackendRequest } from '../src/backend.ts';
import { startTestServer } from './test-server.ts';

/** What a model does beyond its events: waits until the client was answered otherwise, dies, or says nothing more. */
type Play = BackendEvent | 'wait' | 'die' | 'hang';

const says = (text: string): Play => ({ type: 'text', text });
const stops: Play = {
  type: 'finish',
  reason: 'stop',
  usage: { promptTokens: 312, completionTokens: 7 },
};

/** By the number of the sequence: what the model plays to a request that ends with these words. */
const plays: Record<string, Record<string, Play[]>> = {
  1: { 'I have a headache.': [says("I'm sorry "), says('to hear that.'), stops] },
  2: { 'I have a headache.': [says("I'm sorry "), says('to hear that.'), stops] },
  3: {
    'Is it raining?': [
      { type: 'tool_call', call: { id: 'call_1', name: 'weather', arguments: '{}' } },
      { type: 'finish', reason: 'tool_calls' },
    ],
    dry: [says('No, it is dry.'), stops],
  },
  4: {
    'Tell me about sleep.': [says('Sleep is'), 'hang'],
    'And coffee?': [says('Coffee keeps you up.'), stops],
  },
  5: { 'Good night.': [says('Sleep well.'), stops] },
  6: {
    'I have a': ['hang'],
    'I have a headache.': [says("I'm sorry to hear that. Since when?"), stops],
    'Since yesterday.': [says('Did you sleep well?'), stops],
  },
  7: { 'And now?': [says('Rest a little.'), stops] },
  8: { 'Tell me a story.': [says('Once'), 'die'] },
  9: { 'Tell me a story.': [says('Once '), 'wait', says('upon a time.'), stops] },
};

class PlayedBackend implements Backend {
  readonly name = 'ollama';
  readonly model = 'llama3.2';
  readonly #plays: Record<string, Play[]>;
  #goOn: () => void = () => undefined;
  readonly #waited = new Promise<void>((resolve) => {
    this.#goOn = resolve;
  });

  constructor(all: Record<string, Play[]>) {
    this.#plays = all;
  }

  goOn(): void {
    this.#goOn();
  }

  async reply({ messages }: BackendRequest, { onEvent }: BackendListener): Promise<void> {
    const words = messages.at(-1)?.content;
    for (const play of (typeof words === 'string' ? this.#plays[words] : undefined) ?? []) {
      if (play === 'die') return;
      if (play === 'hang') await new Promise(() => undefined);
      else if (play === 'wait') await this.#waited;
      else onEvent(play);
      // Pieces that come together leave together.
      await nextTurn();
    }
  }
}

const specification = readFileSync(new URL('../../protocol/PROTOCOL.md', import.meta.url), 'utf8');
const sequences = specification
  .slice(specification.indexOf('\n## 10.'))
  .split(/^(?=\*\*\d)/m)
  .slice(1)
  .map((text) => ({
    number: /\d+/.exec(text)?.[0] ?? '',
    title: /\*\*\d+\. (.*)\*\*/.exec(text)?.[1] ?? '',
    lines: [...text.matchAll(/^([→←]) (.+)$/gm)].map(([, arrow, json = '']) => ({ arrow, json })),
    closes: Number(/closes with (\d+)/.exec(text)?.[1] ?? 0),
  }));

/** Different each time; the specification tests their shape. */
const varying = ['server', 'persona', 'personas', 'limits', 'features', 'usage', 'timing'];

function comparable(frame: object): object {
  return Object.fromEntries(
    Object.entries(frame).map(([key, value]) => [key, varying.includes(key) ? 'varies' : (value as unknown)]),
  );
}

function isEstimated(frame: ReceivedFrame): unknown {
  return (frame['usage'] as { estimated?: boolean } | null | undefined)?.estimated;
}

test('every sequence has its play', () => {
  expect(sequences.map(({ number }) => number)).toEqual(Object.keys(plays));
});

test.each(sequences)('$number. $title', async ({ number, title, lines, closes }) => {
  const backend = new PlayedBackend(plays[number] ?? {});
  const { url, stop } = await startTestServer({ backend: () => backend });
  const isPlain = title === 'A plain turn';
  const client = await TestSocket.open(url, isPlain ? [] : ['ws-llm.v1']);
  // Shown in one of them only.
  if (!isPlain && !lines[0]?.json.includes('"ready"')) await client.nextOf('ready');
  for (const { arrow, json } of lines) {
    if (arrow === '→') {
      client.send(json);
      continue;
    }
    const expected = JSON.parse(json.replace(/[[{]…[\]}]/g, 'null')) as ReceivedFrame;
    if (expected.type === 'closing') void stop(Number(expected['grace_ms']));
    const frame = await client.next();
    expect(comparable(frame)).toEqual(comparable(expected));
    if (expected['usage']) expect(isEstimated(frame)).toBe(isEstimated(expected));
    if (expected.type === 'error') backend.goOn();
  }
  if (closes !== 0) expect((await client.closed).code).toBe(closes);
});
