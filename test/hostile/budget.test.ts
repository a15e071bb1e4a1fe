/**
 * The budget: 200 guests and 200 agents attack in seven ways at once, and come back whenever they
 * are closed. The process lives, its memory is bounded, and a client that behaves is served as fast
 * as ever.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { expect, inject, onTestFinished, test } from 'vitest';
import { Attackers } from './attackers/attackers.ts';
import type { AttackReport, PatternName, Role, Squad } from './attackers/attack-options.ts';
import { scratchFolder } from './parts/scratch-folder.ts';
import { quantile, SteadyClient } from './parts/steady-client.ts';
import { startWorld } from './parts/world.ts';

const patterns: readonly PatternName[] = [
  'fill-queue',
  'hang',
  'never-read',
  'send-slowly',
  'large-mirrors',
  'annotations',
  'unfinished-fragments',
];
const attackersOfRole = 200;
/** How long 400 attackers take to connect at most. */
const burstMs = 5_000;
const moody = '---\ntitle: Moody\nemotions: [calm, neutral]\n---\nYou feel.\n';

/**
 * As many of each pattern as the number allows; each from another address, or all from one.
 */
function squadsOf(role: Role, fromEach: boolean): Squad[] {
  let next = 2;
  return patterns.map((pattern, index) => {
    const count = Math.floor((attackersOfRole + patterns.length - 1 - index) / patterns.length);
    const firstAddress = next;
    next += count;
    return {
      pattern,
      role,
      count,
      returnsAfterMs: 100,
      ...(fromEach && { firstAddress }),
      ...(pattern === 'annotations' && { persona: 'moody' }),
    };
  });
}

function summary(role: Role, { accepted, refused, closed, sentMb, stallMs }: AttackReport): string {
  return `${role}s: ${accepted} accepted, refused ${JSON.stringify(refused)}, closed ${JSON.stringify(closed)}, ${sentMb.toFixed(0)} MB, own stall ${stallMs.toFixed(0)} ms`;
}

const seconds = inject('budgetSeconds') ?? 10;

test.for([
  ['200 addresses', true],
  ['one address', false],
] as const)(
  `200 guests from %s and 200 agents attack for ${seconds} s: another client is served in time, and memory is bounded`,
  { timeout: seconds * 1_000 + burstMs + 60_000 },
  async ([, fromEach], context) => {
    const env = { PERSONAS_DIR: scratchFolder({ 'moody.md': moody }) };
    const world = await startWorld(context, { clause: 'A2', env });
    await world.model.set({ emotion: 'hang' });
    const steady = new SteadyClient(world.port);
    await steady.start();
    onTestFinished(() => steady.stop());
    const squads = [await Attackers.start(), await Attackers.start()] as const;
    await delay(2_000);
    const calm = quantile(steady.served.waits, 0.95);
    steady.served.waits = [];
    world.watch.healths = [];

    await squads[0].attack(world.port, squadsOf('guest', fromEach));
    await squads[1].attack(world.port, squadsOf('agent', false));
    // All of them connect in the same moment, and Node accepts one connection in each turn of its loop.
    await delay(burstMs);
    const burst = Math.max(0, ...world.watch.healths);
    steady.served.waits = [];
    world.watch.healths = [];
    const until = Date.now() + seconds * 1_000;
    while (Date.now() < until && world.server.end === undefined) await delay(200);

    const { waits, errors, reconnects } = steady.served;
    const healths = [...world.watch.healths];
    const reports = [await squads[0].report(), await squads[1].report()] as const;
    const p95 = quantile(waits, 0.95);
    const unserved = waits.filter((wait) => wait === Infinity).length;
    world.figures.notes.push(
      `first token p95 ${p95.toFixed(0)} ms (before ${calm.toFixed(0)} ms), ${waits.length} asked, ${unserved} unserved ${JSON.stringify(errors)}, ${reconnects} reconnects`,
      `/health p50 ${quantile(healths, 0.5).toFixed(0)} p95 ${quantile(healths, 0.95).toFixed(0)} most ${Math.max(0, ...healths).toFixed(0)} ms of ${healths.length}`,
      `/health most ${burst.toFixed(0)} ms while all connect`,
      summary('guest', reports[0]),
      summary('agent', reports[1]),
    );
    expect(world.server.end).toBeUndefined();
    expect(world.server.peakMb).toBeLessThan(600);
    expect(Math.max(...healths)).toBeLessThan(200);
    expect(p95).toBeLessThan(100);
  },
);
