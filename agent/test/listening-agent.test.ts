/**
 * However often and in whatever order hearing is opened anew, finished and cancelled, each stream
 * of speech recognition but the current one has ended, and none is open once the session has let
 * go.
 */
import { initializeLogger, type stt, voice } from '@livekit/agents';
import { AudioFrame } from '@livekit/rtc-node';
import fc from 'fast-check';
import { afterEach, expect, test, vi } from 'vitest';
import { ReadableStream, type ReadableStreamDefaultController } from 'node:stream/web';
import { setImmediate as tick } from 'node:timers/promises';
import { ListeningAgent } from '../src/listening-agent.ts';

initializeLogger({ pretty: false, level: 'silent' });

/** Speech recognition that opens when a test says so, and knows which of its streams are open. */
class Recognition {
  readonly open = new Set<number>();
  readonly heard: number[] = [];
  #opened = 0;
  #waiting: { resolve(): void; reject(error: Error): void }[] = [];

  async start(frames: ReadableStream<AudioFrame>): Promise<ReadableStream<stt.SpeechEvent | string>> {
    await new Promise<void>((resolve, reject) => this.#waiting.push({ resolve, reject }));
    const own = (this.#opened += 1);
    this.open.add(own);
    let controller: ReadableStreamDefaultController<string> | undefined;
    const end = (): void => {
      if (!this.open.delete(own)) return;
      try {
        controller?.close();
      } catch {
        // It was cancelled.
      }
    };
    void (async () => {
      const reader = frames.getReader();
      while (!(await reader.read()).done) this.heard.push(own);
      end();
    })().catch(end);
    return new ReadableStream<string>({
      start: (given) => {
        controller = given;
      },
      cancel: end,
    });
  }

  /** Streams that are asked for now are there. */
  async opens(): Promise<void> {
    for (const waiting of this.#waiting.splice(0)) waiting.resolve();
    await settled();
  }

  async fails(): Promise<void> {
    for (const waiting of this.#waiting.splice(0)) waiting.reject(new Error('no socket'));
    await settled();
  }

  get asked(): number {
    return this.#waiting.length;
  }
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await tick();
}

async function listen(): Promise<{
  agent: ListeningAgent;
  recognition: Recognition;
  speak: () => void;
  endSound: () => void;
  cancel: () => Promise<void>;
}> {
  const recognition = new Recognition();
  vi.spyOn(voice.Agent.default, 'sttNode').mockImplementation((_agent, frames) =>
    recognition.start(frames as ReadableStream<AudioFrame>),
  );
  let sound: ReadableStreamDefaultController<AudioFrame> | undefined;
  const audio = new ReadableStream<AudioFrame>({
    start: (given) => {
      sound = given;
    },
  });
  const agent = new ListeningAgent();
  const node = agent.sttNode(audio as Parameters<voice.Agent['sttNode']>[0], {});
  await settled();
  await recognition.opens();
  const told = (await node).getReader();
  void (async () => {
    while (!(await told.read()).done);
  })();
  return {
    agent,
    recognition,
    speak: () => sound?.enqueue(new AudioFrame(new Int16Array(160), 16_000, 1, 160)),
    endSound: () => sound?.close(),
    cancel: () => told.cancel(),
  };
}

afterEach(() => void vi.restoreAllMocks());

test('asked twice at once, one recogniser hears, and the one before is closed', async () => {
  const { agent, recognition, speak, cancel } = await listen();
  const both = Promise.all([agent.listenAnew(), agent.listenAnew()]);
  await settled();
  while (recognition.asked > 0) await recognition.opens();
  await both;
  await settled();
  expect(recognition.open.size).toBe(1);
  speak();
  await settled();
  expect(recognition.heard).toEqual([...recognition.open]);
  await cancel();
  await settled();
  expect(recognition.open.size).toBe(0);
});

test('let go while it opens anew, the recogniser that opens is closed', async () => {
  const { agent, recognition, cancel } = await listen();
  const anew = agent.listenAnew();
  await settled();
  await cancel();
  await recognition.opens();
  await anew;
  expect(recognition.open.size).toBe(0);
});

test('when the sound ends while it opens anew, no recogniser waits for more', async () => {
  const { agent, recognition, endSound } = await listen();
  const anew = agent.listenAnew();
  await settled();
  endSound();
  await settled();
  await recognition.opens();
  await anew;
  await settled();
  expect(recognition.open.size).toBe(0);
});

test('where opening anew fails, the one before goes on hearing', async () => {
  const { agent, recognition, speak, cancel } = await listen();
  const anew = agent.listenAnew();
  // It fails before it is awaited.
  anew.catch(() => {});
  await settled();
  await recognition.fails();
  await expect(anew).rejects.toThrow('no socket');
  speak();
  await settled();
  expect(recognition.heard).toEqual([1]);
  await cancel();
  await settled();
  expect(recognition.open.size).toBe(0);
});

type Step = 'anew' | 'opens' | 'fails' | 'speak' | 'tick' | 'cancel' | 'sound ends';

test('nothing is left open, whatever happens in which order', async () => {
  const step = fc.constantFrom<Step>('anew', 'anew', 'opens', 'opens', 'fails', 'speak', 'tick');
  const end = fc.constantFrom<Step>('cancel', 'sound ends');
  const script = fc.tuple(fc.array(step, { maxLength: 8 }), end, fc.array(step, { maxLength: 4 }));
  await fc.assert(
    fc.asyncProperty(script, async ([before, last, after]) => {
      const { agent, recognition, speak, endSound, cancel } = await listen();
      let pending = 0;
      let hasEnded = false;
      for (const next of [...before, last, ...after]) {
        if (next === 'anew') {
          pending += 1;
          const ended = (): void => void (pending -= 1);
          agent.listenAnew().then(ended, ended);
        } else if (next === 'opens') await recognition.opens();
        else if (next === 'fails') await recognition.fails();
        else if (next === 'speak') {
          // Once the sound has ended the room gives no more.
          if (!hasEnded) speak();
        } else if (next === 'tick') await tick();
        else {
          hasEnded = true;
          if (next === 'cancel') await cancel();
          else endSound();
        }
        expect(recognition.open.size).toBeLessThanOrEqual(2);
      }
      while (recognition.asked > 0) await recognition.opens();
      await settled();
      expect([pending, recognition.open.size]).toEqual([0, 0]);
    }),
    { numRuns: 200 },
  );
});
