/** What is done for every socket is spread over time, so that nothing waits behind it. */
import { EventEmitter } from 'node:events';
import type { WebSocket } from 'ws';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { InSlices } from '../../src/http/in-slices.ts';
import { Liveness } from '../../src/http/liveness.ts';

beforeEach(() => vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] }));
afterEach(() => vi.useRealTimers());

class PingedSocket extends EventEmitter {
  readonly pings: number[] = [];

  ping(): void {
    this.pings.push(performance.now());
  }
}

function watched(count: number): { sockets: PingedSocket[]; liveness: Liveness; silent: unknown[] } {
  const silent: unknown[] = [];
  const liveness = new Liveness({
    pingIntervalMs: 20_000,
    silenceMs: 30_000,
    onSilent: (socket) => silent.push(socket),
  });
  const sockets = Array.from({ length: count }, () => new PingedSocket());
  for (const socket of sockets) liveness.watch(socket as unknown as WebSocket);
  return { sockets, liveness, silent };
}

test('thousands of sockets that came at once are pinged a few at a time, each within its interval', () => {
  const { sockets, liveness } = watched(10_000);
  vi.advanceTimersByTime(25_000);
  liveness.stop();
  const times = sockets.map(({ pings }) => pings[0] ?? Infinity);
  expect(Math.max(...times)).toBeLessThanOrEqual(25_000);
  const perTick = new Map<number, number>();
  for (const time of times) perTick.set(time, (perTick.get(time) ?? 0) + 1);
  expect(Math.max(...perTick.values())).toBeLessThanOrEqual(200);
});

test('each socket is pinged once per interval, and one that says nothing is found', () => {
  const { sockets, liveness, silent } = watched(50);
  const [talkative, ...others] = sockets;
  for (let at = 0; at < 60_000; at += 1_000) {
    vi.advanceTimersByTime(1_000);
    liveness.heard(talkative as unknown as WebSocket);
  }
  liveness.stop();
  expect(silent).toHaveLength(others.length);
  expect(talkative?.pings).toHaveLength(2);
});

test('what is done for all is done in slices, and a new run replaces the one under way', async () => {
  const done: string[] = [];
  const slices = new InSlices<number>();
  const numbers = Array.from({ length: 1_000 }, (_, index) => index);
  void slices.run(numbers, (number) => done.push(`a${number}`));
  expect(done.length).toBeLessThan(numbers.length);
  await slices.run(numbers, (number) => done.push(`b${number}`));
  expect(done.filter((entry) => entry.startsWith('b'))).toHaveLength(1_000);
  expect(done.filter((entry) => entry.startsWith('a')).length).toBeLessThan(numbers.length);
});
