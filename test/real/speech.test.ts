/** Proves that the ears and voices of the other real tests tell the truth, with the unmodified Deepgram and Cartesia plugins. */
import { setTimeout as delay } from 'node:timers/promises';
import { initializeLogger, stt, type APIConnectOptions } from '@livekit/agents';
import * as cartesia from '@livekit/agents-plugin-cartesia';
import * as deepgram from '@livekit/agents-plugin-deepgram';
import { AudioFrame } from '@livekit/rtc-node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startCartesiaStandIn, type CartesiaStandIn } from '../stand-ins/cartesia/cartesia-stand-in.ts';
import { startDeepgramStandIn, type DeepgramStandIn } from '../stand-ins/deepgram/deepgram-stand-in.ts';
import { durationMs, toFrames } from './parts/pcm.ts';
import { runProgram } from './parts/run-program.ts';
import { recognise, recogniserSampleRate, speak } from './parts/speech.ts';
import { speechGrammar, type SpeechGrammar } from './parts/speech-grammar.ts';
import { nearSentences, strangeSentences } from './parts/sentences-outside.ts';

const expected = [
  'I have a headache and a fever',
  'What should I do now?',
  'Hello, I am your healthcare assistant. How are you feeling today?',
];
const noRetry: APIConnectOptions = { maxRetry: 0, retryIntervalMs: 100, timeoutMs: 5000 };

initializeLogger({ pretty: false, level: 'silent' });

describe('the recogniser', () => {
  let grammar: SpeechGrammar;
  beforeAll(async () => {
    grammar = await speechGrammar(expected);
  });

  const hear = async (text: string) => recognise(await speak(text, recogniserSampleRate), grammar);

  test('has at least 20 sentences to choose from that nobody says', () => {
    expect(
      grammar.sentences.filter((sentence) => !expected.includes(sentence)).length,
    ).toBeGreaterThanOrEqual(20);
  });

  test('understands every sentence of its grammar, the decoys too', async () => {
    for (const sentence of grammar.sentences) expect(await hear(sentence)).toBe(sentence);
    expect(grammar.sentences.length).toBeGreaterThanOrEqual(30);
  });

  test('understands through a telephone: quieter, band-limited, with silence around', async () => {
    for (const sentence of expected) {
      const pcm = await telephone(await speak(sentence, recogniserSampleRate));
      expect(await recognise(pcm, grammar)).toBe(sentence);
    }
  });

  test('takes nothing else for a sentence of its grammar', async () => {
    expect(strangeSentences.length).toBeGreaterThanOrEqual(30);
    for (const sentence of strangeSentences)
      expect([sentence, await hear(sentence)]).toEqual([sentence, undefined]);
  });

  test('hears a single wrong, missing or additional word', async () => {
    const sentences = expected.flatMap(nearSentences);
    expect(sentences.length).toBeGreaterThanOrEqual(30);
    for (const sentence of sentences) expect([sentence, await hear(sentence)]).toEqual([sentence, undefined]);
  });

  test('hears nothing in silence and in noise', async () => {
    const noise = Buffer.alloc(3 * recogniserSampleRate * 2);
    for (let i = 0; i < noise.length; i += 2) noise.writeInt16LE(((i * 7919) % 8191) - 4095, i);
    expect(await recognise(Buffer.alloc(0), grammar)).toBeUndefined();
    expect(await recognise(Buffer.alloc(noise.length), grammar)).toBeUndefined();
    expect(await recognise(noise, grammar)).toBeUndefined();
  });

  test('names the words that it cannot know', async () => {
    await expect(speechGrammar(['I have a frobnicated knee'])).rejects.toThrow('frobnicated');
  });
});

describe('the Deepgram stand-in', () => {
  let standIn: DeepgramStandIn;
  beforeAll(async () => {
    standIn = await startDeepgramStandIn({ sentences: expected });
  });
  afterAll(() => standIn.close());

  const listen = (sentence: string) =>
    transcribe(new deepgram.STT({ apiKey: 'any', baseUrl: standIn.url }), sentence);

  test('transcribes for the plugin what is said to it, once', async () => {
    const events = await listen('I have a headache and a fever');
    expect(events.filter(({ type }) => type === stt.SpeechEventType.START_OF_SPEECH)).toHaveLength(1);
    expect(textsOf(events, stt.SpeechEventType.INTERIM_TRANSCRIPT)).toContain(
      'I have a headache and a fever',
    );
    expect(textsOf(events, stt.SpeechEventType.FINAL_TRANSCRIPT)).toEqual(['I have a headache and a fever']);
    expect(events.filter(({ type }) => type === stt.SpeechEventType.END_OF_SPEECH)).toHaveLength(1);
    expect(standIn.query.get('model')).toBe('nova-3');
  });

  test('gives a decoy as itself and anything else as no words at all', async () => {
    expect(textsOf(await listen('Can I go to work tomorrow?'))).toEqual(['Can I go to work tomorrow?']);
    expect(textsOf(await listen('I have a headache and a rash'))).toEqual([]);
    expect(standIn.utterances.at(-1)?.text).toBeUndefined();
  });

  test('refuses a key when told to, and counts what is open', async () => {
    standIn.refuseKeys = true;
    const errors: unknown[] = [];
    const plugin = new deepgram.STT({ apiKey: 'wrong', baseUrl: standIn.url });
    plugin.on('error', ({ error }) => errors.push(error));
    const stream = plugin.stream({ connOptions: noRetry });
    await expect.poll(() => errors.length).toBe(1);
    expect(errors[0]).toMatchObject({ statusCode: 401 });
    stream.close();
    standIn.refuseKeys = false;
    expect(standIn.refusals).toBe(1);
    await expect.poll(() => standIn.openConnections).toBe(0);
  });

  test('can cut the line', async () => {
    const stream = new deepgram.STT({ apiKey: 'any', baseUrl: standIn.url }).stream();
    await expect.poll(() => standIn.openConnections).toBe(1);
    standIn.dropConnections();
    await expect.poll(() => standIn.openConnections).toBe(0);
    stream.close();
  });
});

describe('the Cartesia stand-in', () => {
  let standIn: CartesiaStandIn;
  let plugin: cartesia.TTS;
  beforeAll(async () => {
    standIn = await startCartesiaStandIn();
    plugin = new cartesia.TTS({ apiKey: 'any', baseUrl: standIn.url });
  });
  afterAll(async () => {
    await plugin.close();
    await standIn.close();
  });

  test('speaks for the plugin, intelligibly, faster than it is heard, on one socket', async () => {
    for (const sentence of [expected[2]!, expected[0]!]) {
      const startedAt = performance.now();
      const { pcm, words } = await synthesize(plugin, sentence);
      expect(performance.now() - startedAt).toBeLessThan(durationMs(pcm, recogniserSampleRate));
      expect(await recognise(pcm, await speechGrammar(expected))).toBe(sentence);
      expect(words.join('').trim()).toBe(sentence);
    }
    expect(standIn.connections).toBe(1);
    expect(standIn.spoken.map(({ text }) => text)).toEqual([
      'Hello, I am your healthcare assistant.',
      'How are you feeling today?',
      'I have a headache and a fever',
    ]);
  });

  test('refuses a key when told to', async () => {
    standIn.refuseKeys = true;
    const stranger = new cartesia.TTS({ apiKey: 'wrong', baseUrl: standIn.url });
    const errors: unknown[] = [];
    stranger.on('error', ({ error }) => errors.push(error));
    const stream = stranger.stream({ connOptions: noRetry });
    stream.pushText('Good morning, everybody. ');
    stream.endInput();
    await expect.poll(() => errors.length).toBe(1);
    expect(standIn.refusals).toBe(1);
    stream.close();
    await stranger.close();
    standIn.refuseKeys = false;
  });

  test('can cut the line in the middle of a sentence', async () => {
    const errors: unknown[] = [];
    plugin.on('error', ({ error }) => errors.push(error));
    const stream = plugin.stream({ connOptions: noRetry });
    stream.pushText('This is a long sentence that takes a while to be spoken to its end. ');
    stream.endInput();
    await stream.next();
    standIn.dropConnections();
    await expect.poll(() => errors.length).toBe(1);
    stream.close();
    expect(standIn.openConnections).toBe(0);
  });
});

/** Feeds a sentence at the pace of a microphone, then silence, and returns what the plugin made of it. */
async function transcribe(plugin: deepgram.STT, sentence: string): Promise<stt.SpeechEvent[]> {
  const stream = plugin.stream();
  const pcm = await speak(sentence, recogniserSampleRate);
  const feeding = (async () => {
    for (const frame of toFrames(
      Buffer.concat([pcm, Buffer.alloc(recogniserSampleRate * 3)]),
      20,
      recogniserSampleRate,
    )) {
      stream.pushFrame(
        new AudioFrame(
          new Int16Array(Uint8Array.from(frame).buffer),
          recogniserSampleRate,
          1,
          frame.length / 2,
        ),
      );
      await delay(5);
    }
  })();
  const events: stt.SpeechEvent[] = [];
  for await (const event of stream) {
    events.push(event);
    if (event.type === stt.SpeechEventType.END_OF_SPEECH) break;
  }
  await feeding;
  stream.close();
  return events;
}

function textsOf(events: readonly stt.SpeechEvent[], type = stt.SpeechEventType.FINAL_TRANSCRIPT): string[] {
  return events.filter((event) => event.type === type).map((event) => event.alternatives?.[0].text ?? '');
}

/** What the plugin makes of a text: 16 kHz sound and the words that come with it. */
async function synthesize(plugin: cartesia.TTS, text: string): Promise<{ pcm: Buffer; words: string[] }> {
  const stream = plugin.stream();
  stream.pushText(text);
  stream.endInput();
  const frames: AudioFrame[] = [];
  const words: string[] = [];
  for await (const event of stream) {
    if (typeof event === 'symbol') break;
    frames.push(event.frame);
    words.push(...(event.timedTranscripts ?? []).map((word) => word.text));
  }
  stream.close();
  const samples = Buffer.concat(
    frames.map(({ data }) => Buffer.from(data.buffer, data.byteOffset, data.byteLength)),
  );
  return { pcm: await resample(samples, plugin.sampleRate), words };
}

function resample(pcm: Buffer, from: number): Promise<Buffer> {
  return sox(['-r', String(from)], ['-r', String(recogniserSampleRate)], [], pcm);
}

function telephone(pcm: Buffer): Promise<Buffer> {
  const rate = ['-r', String(recogniserSampleRate)];
  return sox(rate, rate, ['gain', '-12', 'highpass', '150', 'lowpass', '6500', 'pad', '0.7', '0.9'], pcm);
}

function sox(from: string[], to: string[], effects: string[], pcm: Buffer): Promise<Buffer> {
  const raw = ['-t', 'raw', '-c', '1', '-b', '16', '-e', 'signed-integer'];
  return runProgram('sox', ['-D', ...raw, ...from, '-', ...raw, ...to, '-', ...effects], pcm);
}
