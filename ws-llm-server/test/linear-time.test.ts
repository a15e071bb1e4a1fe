/**
 * Nothing that reads what clients or models send takes more than linear time: of each function and
 * each input that is hard for it, four times as much takes about four times as long.
 */
import { describe, expect, test } from 'vitest';
import type { BackendRequest } from '../src/backend.ts';
import { contextRefusal } from '../src/backends/context-refusal.ts';
import { DemoBackend } from '../src/backends/demo-backend.ts';
import { EventData } from '../src/backends/event-data.ts';
import { InlineReasoning } from '../src/backends/inline-reasoning.ts';
import { LineSplitter } from '../src/backends/line-splitter.ts';
import { toOllamaChat } from '../src/backends/ollama-request.ts';
import { supportAfter } from '../src/backends/ollama-thinking.ts';
import { ToolCallPieces } from '../src/backends/tool-call-pieces.ts';
import { refusesTools } from '../src/backends/tools-refusal.ts';
import { readEmotion } from '../src/personas/emotion.ts';
import { SpeechText } from '../src/speech/speech-text.ts';
import { cpuTime } from './cpu-time.ts';

/** The first finds out at once what is far too slow. */
const sizes = [16, 256, 1_024].map((kibibytes) => kibibytes * 1_024);
/** Of a reply, whose length is limited: what is read in pieces is read more slowly. */
const replySizes = [16, 64, 256].map((kibibytes) => kibibytes * 1_024);
/** A quadratic function takes 16 times as long for four times as much. */
const mostGrowth = 10 / 4;
/** What one run may take at most. Processor time: the machine may have other things to do. */
const mostMs = 4_000;
/** So short a time is noise. */
const noiseMs = 40;

type Run = (input: string) => unknown;

/** Measures again only what looks too slow: something else may have run meanwhile. */
async function expectLinear(
  run: Run,
  unit: string,
  { head = '', tail = '', of = sizes } = {},
): Promise<void> {
  let before: { size: number; ms: number } | undefined;
  for (const size of of) {
    const input = filled(size, unit, head, tail);
    const most: number =
      before === undefined ? mostMs : mostGrowth * (size / before.size) * Math.max(before.ms, noiseMs);
    let best = Infinity;
    for (let attempt = 0; attempt < 6 && best > most && (attempt === 0 || best < mostMs); attempt += 1) {
      const usedMs = cpuTime();
      await run(input);
      best = Math.min(best, usedMs());
    }
    expect(best, `${size} units, in ms`).toBeLessThan(Math.min(most, mostMs));
    before = { size, ms: best };
  }
}

/** `size` UTF-16 units that begin with `head` and go on with `unit`. */
function filled(size: number, unit: string, head = '', tail = ''): string {
  const room = Math.max(0, size - head.length - tail.length);
  return head + unit.repeat(Math.ceil(room / unit.length)).slice(0, room) + tail;
}

const whole: Run = (input) => {
  const speech = new SpeechText();
  return speech.push(input) + speech.end();
};
const inPieces =
  (pieceChars: number): Run =>
  (input) => {
    const speech = new SpeechText();
    let said = '';
    for (let at = 0; at < input.length; at += pieceChars)
      said += speech.push(input.slice(at, at + pieceChars));
    return said + speech.end();
  };

const reasoning: Run = (input) => {
  const words = new InlineReasoning(() => undefined);
  for (const piece of input.match(/.{1,4}/gs) ?? []) words.read(piece);
  words.flush();
};

const lines: Run = (input) => {
  const events = new EventData();
  const splitter = new LineSplitter((line) => void events.read(line));
  const bytes = Buffer.from(input);
  try {
    for (let at = 0; at < bytes.length; at += 7) splitter.push(bytes.subarray(at, at + 7));
    splitter.end();
  } catch {
    // Too long is an answer too.
  }
};

const pieces: Run = (input) => {
  const calls = new ToolCallPieces();
  try {
    for (const piece of input.match(/.{1,4}/gs) ?? [])
      calls.add({ index: 0, function: { arguments: piece } });
  } catch {
    // Too long is an answer too.
  }
  return calls.all();
};

const image: Run = (url) => {
  const content = [{ type: 'image_url' as const, image_url: { url } }];
  const request = { messages: [{ role: 'user' as const, content }], params: {} };
  const options = { keepAlive: { value: '1m', ms: 60_000 }, thinking: 'none' as const, numCtx: undefined };
  try {
    return toOllamaChat('m', request, options);
  } catch {
    return undefined;
  }
};

/** What has made each of them slow, or might. */
const hardForSpeech: [unit: string, head?: string][] = [
  [' ', '<a x="'],
  ['<a x="'],
  [" a='b'", '<p'],
  [' a=b', '<a'],
  [' x', '<a'],
  ['<'],
  ['</'],
  ['<!'],
  ['&'],
  ['&am'],
  ['['],
  ['[1,'],
  ['1,', '['],
  [']('],
  ['(', '[a]('],
  ['*'],
  ['* '],
  ['**a'],
  ['_'],
  ['`'],
  ['`a'],
  ['~'],
  ['```\n'],
  ['a', '```'],
  ['|'],
  ['| - '],
  ['#'],
  ['-'],
  ['>'],
  ['='],
  ['h'],
  ['w'],
  ['www.'],
  ['http://'],
  ['/', 'http://a/'],
  ['('],
  ['\\'],
  ['$'],
  ['!['],
  ['\n'],
  [' '],
  ['1'],
  ['1.'],
  ['.)'],
  ['".'],
  ['\ud83d'],
  ['\u200d'],
  ['👩‍⚕️'],
];
const hardForOthers: [name: string, run: Run, unit: string, head?: string][] = [
  ['white space before the first word', reasoning, ' '],
  ['white space within reasoning', reasoning, ' ', '<think>'],
  ['a tag that never closes', reasoning, '</thin', '<think>'],
  ['a line that never ends', lines, 'x'],
  ['an event that never ends', lines, 'data: x\n'],
  ['line ends alone', lines, '\n'],
  ['arguments in small pieces', pieces, 'x'],
  ['an image without data', image, ';a=b', 'data:image/png'],
  ['an image of one parameter', image, 'a', 'data:image/png;a='],
  ['an image without a type', image, 'a', 'data:image/'],
  ['digits in a refusal', contextRefusal, '1', 'maximum context length is '],
  ['brackets in a refusal', contextRefusal, '(1 ', 'context_length_exceeded '],
  ['words of a refusal', contextRefusal, 'maximum context length is '],
  ['tools in a refusal', refusesTools, 'tool calling '],
  ['names in a refusal', refusesTools, 'no a'],
  ['thinking in a refusal', (input) => supportAfter(input, 'low'), 'think '],
  ['an answer about a feeling', (input) => readEmotion(input, ['very happy', 'happy', 'sad']), 'very '],
];

describe('the filter for speech', () => {
  test.each(hardForSpeech)('%j after %j', async (unit, head) => {
    for (const run of [whole, inPieces(7)])
      await expectLinear(run, unit, { of: replySizes, ...(head !== undefined && { head }) });
  });
});

test.each(hardForOthers)('%s', async (_, run, unit, head) => {
  await expectLinear(run, unit, { ...(head !== undefined && { head }) });
});

test.each([
  ['all '],
  ['context '],
  ['1'],
  [' ', 'for '],
  ['.', 'for ', 'a'],
  [' , ', 'tool for '],
  ['one of these words '],
  [': '],
  ['after 1'],
])('a question to the demo: %j', async (unit, head = '', tail = '') => {
  const backend = new DemoBackend({ slowness: 0 });
  const properties = { all: { type: 'array' }, count: { type: 'integer' } };
  const tools = [{ name: 'tool', parameters: { type: 'object', properties } }];
  const { signal } = new AbortController();
  const ask: Run = async (content) => {
    const request: BackendRequest = { messages: [{ role: 'user', content }], params: {}, tools };
    await backend.reply(request, { signal, onEvent: () => undefined }).catch(() => undefined);
  };
  await expectLinear(ask, unit, { head, tail });
});
