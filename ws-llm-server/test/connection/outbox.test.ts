/** What a slow reader has not taken waits in order, in few frames, and never more of it than the cap. */
import type { ServerFrame } from '@ws-llm/protocol';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { ClientSocket } from '../../src/connection/client-socket.ts';
import { Outbox } from '../../src/connection/outbox.ts';

/** Takes frames as a socket does, and hands them over when the test says that the client reads. */
class SlowSocket implements ClientSocket {
  onTaken: (() => void) | undefined;
  readonly taken: Record<string, unknown>[] = [];
  closed: { code: number; reason: string } | undefined;
  #waiting: string[] = [];

  get waitingBytes(): number {
    return this.#waiting.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  }

  send(text: string): void {
    if (this.closed === undefined) this.#waiting.push(text);
  }

  close(code: number, reason: string): void {
    this.closed ??= { code, reason };
  }

  fail(error: unknown): void {
    throw error;
  }

  /** The client reads one frame. */
  take(): void {
    const text = this.#waiting.shift();
    if (text === undefined) return;
    this.taken.push(JSON.parse(text) as Record<string, unknown>);
    this.onTaken?.();
  }

  takeAll(): void {
    while (this.#waiting.length > 0) this.take();
  }
}

const limits = { buffered_bytes: 4_000, stalled_ms: 1_000 };
const unbounded = { take: () => true, give() {} };

interface Side {
  socket: SlowSocket;
  outbox: Outbox;
}

/** What was sent up to now has left, or waits. */
function turn(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}

/** With so much in the socket that everything from now on waits. */
async function behind(): Promise<Side> {
  const socket = new SlowSocket();
  const outbox = new Outbox(socket, limits, unbounded);
  outbox.send(delta('0', 'x'.repeat(1_000)));
  await turn();
  return { socket, outbox };
}

function delta(id: string, content: string): ServerFrame {
  return { type: 'delta', id, content };
}

/** What the client got since it was behind, in few words. */
function told({ socket }: Side): string[] {
  return socket.taken.slice(1).map(({ type, id, content }) => [type, id, content].join(' ').trim());
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('a reader that keeps up gets every piece by itself, as it comes', async () => {
  const socket = new SlowSocket();
  const outbox = new Outbox(socket, limits, unbounded);
  for (const content of ['a', 'b', 'c']) {
    outbox.send(delta('1', content));
    await turn();
    socket.takeAll();
  }
  expect(socket.taken.map(({ content }) => content)).toEqual(['a', 'b', 'c']);
  expect(vi.getTimerCount()).toBe(0);
});

test('pieces that come in one turn leave together, in one frame of each reply, before anything that came after them', async () => {
  const socket = new SlowSocket();
  const outbox = new Outbox(socket, limits, unbounded);
  outbox.send({ type: 'pong' });
  expect(socket.waitingBytes).toBeGreaterThan(0);
  outbox.send(delta('1', 'a'));
  // Promises that wait for nothing are of the same turn.
  await Promise.resolve();
  outbox.send(delta('2', 'A'));
  outbox.send(delta('1', 'b'));
  outbox.send({ type: 'reset_complete' });
  await turn();
  socket.takeAll();
  expect(told({ socket, outbox })).toEqual(['delta 1 ab', 'delta 2 A', 'reset_complete']);
  expect(vi.getTimerCount()).toBe(0);
});

test('text of the turn in which its reply is cancelled does not leave', async () => {
  const socket = new SlowSocket();
  const outbox = new Outbox(socket, limits, unbounded);
  outbox.send(delta('1', 'abc'));
  expect(outbox.discard('1')).toBe(3);
  outbox.send({ type: 'pong' });
  await turn();
  socket.takeAll();
  expect(socket.taken).toEqual([{ type: 'pong' }]);
});

test('what waits is merged for each reply, and nothing passes what it must not pass', async () => {
  const side = await behind();
  const { socket, outbox } = side;
  outbox.send(delta('1', 'a'));
  outbox.send(delta('2', 'A'));
  outbox.send(delta('1', 'b'));
  outbox.send({ type: 'reasoning', id: '2', content: 'hm' });
  outbox.send(delta('2', 'B'));
  outbox.sendPersonaFrame('noted', { what: 'c' }, '1');
  outbox.send(delta('1', 'd'));
  outbox.send(delta('1', 'e'));
  outbox.send({ type: 'pong' });
  socket.takeAll();
  expect(told(side)).toEqual([
    'delta 1 ab',
    'delta 2 A',
    'reasoning 2 hm',
    'delta 2 B',
    'noted 1',
    'delta 1 de',
    'pong',
  ]);
  outbox.send(delta('1', 'f'));
  await turn();
  socket.takeAll();
  expect(told(side).at(-1)).toBe('delta 1 f');
});

test('plain answers are not merged into each other', async () => {
  const side = await behind();
  for (const content of ['a', 'b']) {
    side.outbox.send({ type: 'delta', content });
    side.outbox.send({ type: 'delta', content });
    side.outbox.send({ type: 'complete', content });
  }
  side.socket.takeAll();
  expect(told(side)).toEqual(['delta  aa', 'complete  a', 'delta  bb', 'complete  b']);
});

test('text of a cancelled reply that waits is not sent any more, and that of others is', async () => {
  const side = await behind();
  const { outbox, socket } = side;
  outbox.send(delta('1', 'abc'));
  outbox.send({ type: 'reasoning', id: '1', content: 'hm' });
  outbox.send(delta('2', 'kept'));
  outbox.send(delta('1', 'de'));
  expect(outbox.discard('1')).toBe(5);
  expect(outbox.discard('1')).toBe(0);
  outbox.send({ type: 'reset_complete' });
  socket.takeAll();
  expect(told(side)).toEqual(['delta 2 kept', 'reset_complete']);
});

test('a reader that lets more wait than the cap is closed with 1013', async () => {
  const { socket, outbox } = await behind();
  for (let sent = 0; socket.closed === undefined; sent += 100) {
    outbox.send(delta('1', 'x'.repeat(100)));
    await turn();
    // What the socket has not got rid of counts too.
    expect(sent).toBeLessThan(limits.buffered_bytes - 1_000);
  }
  expect(socket.closed).toMatchObject({ code: 1013 });
  expect(vi.getTimerCount()).toBe(0);
});

test('many small pieces that cannot be merged count as what they take of memory', async () => {
  const side = await behind();
  for (let piece = 0; piece < 20; piece += 1) {
    side.outbox.send(delta('1', 'a'));
    side.outbox.send({ type: 'reasoning', id: '1', content: 'b' });
  }
  await turn();
  expect(side.socket.closed).toMatchObject({ code: 1013 });
});

test('a reader that takes nothing for too long is closed with 1013, one that takes a little in time is not', async () => {
  const { socket, outbox } = await behind();
  for (let piece = 0; piece < 3; piece += 1) outbox.send({ type: 'pong' });
  outbox.send({ type: 'delta', id: '0', content: 'y'.repeat(1_500) });
  await turn();
  vi.advanceTimersByTime(limits.stalled_ms - 1);
  socket.take();
  expect(socket.waitingBytes).toBeGreaterThan(1_000);
  outbox.send({ type: 'pong' });
  await turn();
  vi.advanceTimersByTime(limits.stalled_ms - 1);
  expect(socket.closed).toBeUndefined();
  vi.advanceTimersByTime(1);
  expect(socket.closed).toMatchObject({ code: 1013 });
});

test('a reader that takes a little at a time is not closed as long as it does', async () => {
  const { socket, outbox } = await behind();
  for (const id of ['1', '2']) outbox.send(delta(id, 'y'.repeat(1_000)));
  await turn();
  for (let frame = 0; frame < 2; frame += 1) {
    vi.advanceTimersByTime(limits.stalled_ms - 1);
    socket.take();
    expect(socket.closed).toBeUndefined();
  }
});

test('a socket that has enough to go on with gets no more, however much may wait', async () => {
  const socket = new SlowSocket();
  const outbox = new Outbox(socket, { ...limits, buffered_bytes: 1024 * 1024 }, unbounded);
  outbox.send(delta('0', 'x'.repeat(64 * 1024)));
  for (const content of ['a', 'b']) {
    outbox.send(delta('1', content));
    await turn();
  }
  socket.takeAll();
  expect(told({ socket, outbox })).toEqual(['delta 1 ab']);
});

test('arguments of a persona’s tool change neither the type of its frame nor whose it is', () => {
  const socket = new SlowSocket();
  new Outbox(socket, limits, unbounded).sendPersonaFrame(
    'noted',
    { type: 'complete', id: '9', what: 'c' },
    '1',
  );
  socket.takeAll();
  expect(socket.taken).toEqual([{ type: 'noted', id: '1', what: 'c' }]);
});

test('a reader that has caught up has all the time again', async () => {
  const { socket, outbox } = await behind();
  outbox.send({ type: 'pong' });
  await turn();
  expect(vi.getTimerCount()).toBe(1);
  socket.takeAll();
  expect(vi.getTimerCount()).toBe(0);
  vi.advanceTimersByTime(10 * limits.stalled_ms);
  expect(socket.closed).toBeUndefined();
});

test('a socket is closed after everything that was sent before', async () => {
  const { socket, outbox } = await behind();
  outbox.send({ type: 'reset_complete' });
  outbox.close(1001, 'the server stops');
  expect(socket.closed).toBeUndefined();
  socket.takeAll();
  expect(socket.closed).toEqual({ code: 1001, reason: 'the server stops' });
});

test('at the end nothing is left: no timer, and what waited is with the socket', async () => {
  const { socket, outbox } = await behind();
  outbox.send({ type: 'pong' });
  await turn();
  expect(vi.getTimerCount()).toBe(1);
  outbox.end();
  socket.takeAll();
  expect(vi.getTimerCount()).toBe(0);
  expect(socket.taken.at(-1)).toEqual({ type: 'pong' });
});

test.each<[string, ServerFrame]>([
  ['text', delta('1', 'late')],
  ['a frame', { type: 'pong' }],
])('%s after the end is with the socket at once, and no timer is set', async (_, frame) => {
  const { socket, outbox } = await behind();
  outbox.end();
  const before = socket.waitingBytes;
  outbox.send(frame);
  expect(socket.waitingBytes).toBeGreaterThan(before);
  await turn();
  expect(vi.getTimerCount()).toBe(0);
});

test('whatever is sent and however it is taken, each reply arrives whole, and no more waits than the cap and one frame', async () => {
  const frame = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.tuple(fc.constantFrom('1', '2', '3'), fc.string({ minLength: 1, maxLength: 300 })),
    },
    { weight: 6, arbitrary: fc.constant('take' as const) },
    { weight: 6, arbitrary: fc.constant('turn' as const) },
    { weight: 1, arbitrary: fc.constant('pong' as const) },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(frame, { maxLength: 60, size: 'max' }), async (steps) => {
      const { socket, outbox } = await behind();
      const said = new Map<unknown, string>();
      for (const step of steps) {
        if (step === 'take') socket.take();
        else if (step === 'turn') await turn();
        else if (step === 'pong') outbox.send({ type: 'pong' });
        else {
          const [id, content] = step;
          outbox.send(delta(id, content));
          said.set(id, (said.get(id) ?? '') + content);
        }
        expect(socket.waitingBytes).toBeLessThanOrEqual(limits.buffered_bytes + 1_000);
        if (socket.closed !== undefined) return;
      }
      await turn();
      socket.takeAll();
      const got = new Map<unknown, string>();
      for (const { type, id, content } of socket.taken.slice(1)) {
        if (type === 'delta') got.set(id, `${got.get(id) ?? ''}${String(content)}`);
      }
      expect(got).toEqual(said);
      expect(socket.taken.filter(({ type }) => type === 'pong').length).toBe(
        steps.filter((step) => step === 'pong').length,
      );
    }),
    { numRuns: 300 },
  );
});
