/**
 * Many sockets that do nothing: what the server does for all of them, pings, is spread, so that
 * no client waits for it.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Attackers } from './attackers/attackers.ts';
import { startWorld } from './parts/world.ts';

const sockets = 5_000;
const pingIntervalMs = 2_000;
/**
 * Of the pings of one interval, how many may be sent in a tenth of a second; evenly spread it is a
 * twentieth.
 */
const largestShare = 0.3;

test('5,000 idle sockets that were opened at once are pinged a few at a time, and /health answers within 200 ms', async (context) => {
  const env = {
    PING_INTERVAL_MS: String(pingIntervalMs),
    SILENCE_TIMEOUT_MS: '20000',
    LIMIT_SERVER_CONNECTIONS: '20000',
  };
  const world = await startWorld(context, { clause: 'A10', backend: 'demo', env });
  const attackers = await Attackers.start();
  await attackers.attack(world.port, [
    { pattern: 'idle', role: 'agent', count: sockets, returnsAfterMs: 100 },
  ]);
  await expect
    .poll(async () => (await attackers.report()).open, { timeout: 15_000, interval: 250 })
    .toBe(sockets);
  // To open them all at once is a burst of work; only what follows is measured.
  await delay(1_000);
  const before = (await attackers.report()).pings.length;
  world.watch.healths = [];
  await delay(3 * pingIntervalMs);
  const { pings, open, stallMs } = await attackers.report();
  const slots = Array.from(pings.slice(before, -1), (count) => count ?? 0);
  const perInterval = (slots.reduce((sum, count) => sum + count, 0) / slots.length) * (pingIntervalMs / 100);
  const share = Math.max(...slots) / perInterval;
  const slowest = Math.max(...world.watch.healths);
  world.figures.notes.push(
    `${open} open, ${perInterval.toFixed(0)} pings an interval, ${(share * 100).toFixed(0)} % of them in 100 ms`,
    `/health ${slowest.toFixed(0)} ms, attackers' stall ${stallMs.toFixed(0)} ms`,
  );
  expect(open).toBe(sockets);
  expect(perInterval).toBeGreaterThan(sockets * 0.7);
  expect(share).toBeLessThan(largestShare);
  expect(slowest).toBeLessThan(200);
});
