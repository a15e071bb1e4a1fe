/** Large frames leave room for everybody else, and no frame overtakes another of its client. */
import { setTimeout as pause } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { FrameQueue, type FrameSource } from '../../src/http/frame-queue.ts';
import { startTestServer, user } from '../test-server.ts';

const [small, large] = [100, 1_000_000];

class Source implements FrameSource {
  isPaused = false;

  stopReading(): void {
    this.isPaused = true;
  }

  readAgain(): void {
    this.isPaused = false;
  }
}

function queue(): FrameQueue {
  const frames = new FrameQueue();
  onTestFinished(() => frames.stop());
  return frames;
}

/** Keeps the process busy, as parsing does. */
function work(forMs: number): void {
  const until = performance.now() + forMs;
  while (performance.now() < until);
}

test('a large frame is handled at once where no other was, and the next one waits as long as it took', async () => {
  const frames = queue();
  const [one, other] = [new Source(), new Source()];
  const done: string[] = [];
  frames.add(one, large, () => {
    work(30);
    done.push('one');
  });
  const ended = performance.now();
  const second = new Promise<number>((resolve) => {
    frames.add(other, large, () => resolve(performance.now()));
  });
  frames.add(new Source(), small, () => done.push('small'));
  expect(other.isPaused).toBe(true);
  expect((await second) - ended).toBeGreaterThan(20);
  expect(other.isPaused).toBe(false);
});

test('what a client sends behind a large frame waits with it, and clients take turns', async () => {
  const frames = queue();
  frames.add(new Source(), large, () => work(12));
  const done: string[] = [];
  const [a, b] = [new Source(), new Source()];
  for (const [name, source] of [['a', a] as const, ['b', b] as const]) {
    frames.add(source, small, () => done.push(`${name}1`));
    frames.add(source, small, () => done.push(`${name}2`));
  }
  await expect.poll(() => done.length).toBe(4);
  expect(done).toEqual(['a1', 'b1', 'a2', 'b2']);
});

test('a client with one frame comes before those of which many wait', async () => {
  const frames = queue();
  const done: string[] = [];
  const greedy = Array.from({ length: 10 }, () => new Source());
  for (const source of greedy)
    for (let sent = 0; sent < 20; sent += 1)
      frames.add(source, small, () => {
        work(1);
        done.push('greedy');
      });
  await expect.poll(() => done.length).toBeGreaterThan(20);
  const before = done.length;
  expect(before).toBeLessThan(200);
  frames.add(new Source(), small, () => done.push('modest'));
  await expect.poll(() => done.length, { timeout: 5_000 }).toBe(201);
  expect(done.indexOf('modest') - before).toBeLessThan(20);
});

test('other work has its turn while frames wait', async () => {
  const frames = queue();
  const source = new Source();
  let done = 0;
  for (let sent = 0; sent < 50; sent += 1)
    frames.add(source, small, () => {
      work(1);
      done += 1;
    });
  await new Promise((resolve) => setTimeout(resolve, 0));
  expect(done).toBeLessThan(50);
  await expect.poll(() => done, { timeout: 5_000 }).toBe(50);
});

test('nothing of a client that has gone is handled', async () => {
  const frames = queue();
  frames.add(new Source(), large, () => work(5));
  const gone = new Source();
  let handled = false;
  frames.add(gone, large, () => (handled = true));
  frames.drop(gone);
  await pause(30);
  expect(handled).toBe(false);
});

test('a small question is answered while others send frames that take long to parse', async () => {
  const { plain, model } = await startTestServer();
  model.fallback = { tokens: ['fine'] };
  const deep = `{"type":"chat","messages":[],"x":${'['.repeat(400_000)}${']'.repeat(400_000)}}`;
  const busy = await Promise.all(Array.from({ length: 8 }, () => plain()));
  const asking = await plain();
  for (const client of busy) for (let sent = 0; sent < 4; sent += 1) client.send(deep);
  const waits: number[] = [];
  for (let asked = 0; asked < 5; asked += 1) {
    const startedAt = performance.now();
    asking.send({ type: 'chat', messages: [user('a')] });
    await asking.nextOf('delta');
    waits.push(performance.now() - startedAt);
    await asking.untilEnd();
  }
  // All 32 take some two seconds, at 60 ms each and more.
  expect(waits.toSorted((one, other) => one - other)[2]).toBeLessThan(600);
});
