/** Whatever happens in whatever order, every reply ends exactly once, nothing follows its end, and it holds what was sent to it. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Channel, Connection, type Dialect, type Reply } from '../src/index.ts';
import { complete, delta, say } from './frames.ts';
import { InMemorySocket } from './in-memory-socket.ts';
import { RecordedReply } from './recorded-reply.ts';

/** Replies are named by the order in which they were asked for; some that nobody asked for are among them. */
const target = fc.nat({ max: 5 });
const step = fc.oneof(
  { weight: 12, arbitrary: fc.record({ type: fc.constant('chat' as const), chained: fc.boolean() }) },
  { weight: 15, arbitrary: fc.record({ type: fc.constant('delta' as const), target, text: fc.string() }) },
  { weight: 9, arbitrary: fc.record({ type: fc.constantFrom('complete', 'fail', 'tool'), target }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('cancel' as const), target }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('noise' as const), text: fc.json() }) },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant('lose' as const), code: fc.constantFrom(1001, 1009) }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('leave' as const) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** One reply, and what must have become of it. */
interface Asked {
  reply: Reply;
  recorded: RecordedReply;
  text: string;
  cancels: number;
  end: 'complete' | 'failed' | 'lost' | undefined;
}

/** Plays steps on one channel, and says what must come of them by the rules of its dialect alone. */
class Play {
  readonly asked: Asked[] = [];
  readonly #channel: Channel;
  readonly #socket: InMemorySocket;
  #alive = true;

  constructor(channel: Channel, socket: InMemorySocket) {
    this.#channel = channel;
    this.#socket = socket;
  }

  async play(next: Step): Promise<void> {
    const asked = 'target' in next ? this.#addressee(next.target) : undefined;
    const id = asked?.reply.id ?? 'nobody';
    switch (next.type) {
      case 'chat':
        if (this.#alive) this.#chat(next.chained);
        return;
      case 'delta':
        if (asked !== undefined) asked.text += next.text;
        return this.#deliver(delta(id, next.text));
      case 'tool':
        return this.#deliver({ type: 'weather', id });
      case 'complete':
        if (asked !== undefined) asked.end = 'complete';
        return this.#deliver({ ...complete(id), content: '' });
      case 'fail':
        if (asked !== undefined) asked.end = 'failed';
        return this.#deliver({ type: 'error', id, code: 'internal', message: 'm', retryable: false });
      case 'noise':
        return this.#deliver(next.text);
      case 'cancel':
        return this.#cancel(this.asked[next.target]);
      case 'lose':
        this.#socket.end(next.code);
        // The socket tells it a moment later, as real ones do.
        await Promise.resolve();
        return this.#lost();
      case 'leave':
        this.#channel.close();
        return this.#lost();
    }
  }

  /** Which open reply a frame for `target` is for: on a plain socket always the oldest. */
  #addressee(index: number): Asked | undefined {
    const asked =
      this.#channel.dialect === 'v1' ? this.asked[index] : this.asked.find(({ end }) => end === undefined);
    return asked?.end === undefined ? asked : undefined;
  }

  /** @param chained asks again as soon as its reply ends, from inside the event that ended it */
  #chat(chained: boolean): void {
    const recorded = new RecordedReply();
    const reply = this.#channel.chat(say('Hi'), {
      part: (part) => recorded.part(part),
      end: (end) => {
        recorded.end(end);
        if (chained && this.#channel.open) this.#chat(false);
      },
    });
    this.asked.push({ reply, recorded, text: '', cancels: 0, end: undefined });
  }

  #cancel(asked: Asked | undefined): void {
    if (asked === undefined) return;
    const open = asked.end === undefined;
    if (open) asked.cancels = 1;
    if (open && this.#channel.dialect === 'plain') asked.end = 'complete';
    asked.reply.cancel();
    if (open && this.#channel.dialect === 'plain') this.#lost();
  }

  #lost(): void {
    this.#alive = false;
    for (const asked of this.asked) asked.end ??= 'lost';
  }

  #deliver(frame: object | string): void {
    this.#socket.deliver(frame);
  }
}

test.each(['v1', 'plain'] as const)('on %s, in every order of events', async (dialect: Dialect) => {
  let asked = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40, size: 'max' }), async (steps) => {
      let socket: InMemorySocket | undefined;
      const connection = new Connection({
        url: 'ws://nowhere',
        dialect,
        reconnect: false,
        open: (_url, protocols) => (socket = new InMemorySocket(protocols)),
      });
      const channel = await connection.open();
      const play = new Play(channel, socket!);
      for (const next of [...steps, { type: 'lose', code: 1001 } as const]) {
        await play.play(next);
        for (const { recorded, text, end } of play.asked) {
          expect(recorded.ends.map(({ type }) => type)).toEqual(end === undefined ? [] : [end]);
          expect(recorded.late).toEqual([]);
          expect(recorded.text).toBe(text);
        }
      }
      const cancelled = socket!.sent.flatMap((frame) => (frame['type'] === 'cancel' ? [frame['id']] : []));
      const expected = play.asked.filter(({ cancels }) => dialect === 'v1' && cancels > 0);
      expect(cancelled.length).toBe(expected.length);
      expect(new Set(cancelled)).toEqual(new Set(expected.map(({ reply }) => reply.id)));
      asked += play.asked.length;
    }),
    { numRuns: 200 },
  );
  // Not a property: that the steps were worth playing.
  expect(asked).toBeGreaterThan(500);
});
