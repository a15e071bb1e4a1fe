/**
 * How many rooms one worker carries: `npm run bench:rooms -- [--turns 6] [--most 16]`. Rooms are added, and in each somebody asks and is
 * answered, until the slowest answers take twice as long as in a room alone, or nobody comes any more. Everything, callers included, runs on
 * this machine. Prints the table and measures nothing itself.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type Caller, disposeCallers } from '../../test/real/parts/caller.ts';
import { describeMachine, formatMachine } from '../machine.ts';
import { quantile, sorted } from '../statistics.ts';
import { measureAnswer } from './measures.ts';
import { withBenchPersona } from './persona.ts';
import { useOfRooms } from './process-use.ts';
import { type RoomWorld, startRoomWorld } from './room-world.ts';

const { values } = parseArgs({
  options: { turns: { type: 'string', default: '6' }, most: { type: 'string', default: '16' } },
});
const turns = Number(values.turns);
/** Nobody speaks in step. */
const betweenRoomsMs = 700;

interface Load {
  answersMs: Float64Array;
  /** Of each room. */
  coreShare: number;
  memoryBytes: number;
}

async function converse(
  { model, worker }: RoomWorld,
  callers: readonly Caller[],
  idleBytes: number,
): Promise<Load> {
  const before = useOfRooms(worker.pid);
  const startedAt = performance.now();
  const answers = await Promise.all(
    callers.map(async (caller, room) => {
      await sleep(room * betweenRoomsMs);
      const took: number[] = [];
      for (let turn = 0; turn < turns; turn += 1) took.push(await measureAnswer(caller, model));
      return took;
    }),
  );
  const ms = performance.now() - startedAt;
  const after = useOfRooms(worker.pid);
  return {
    answersMs: sorted(answers.flat()),
    coreShare: (after.processorMs - before.processorMs) / ms / callers.length,
    memoryBytes: (after.memoryBytes - idleBytes) / callers.length,
  };
}

function row(rooms: number, { answersMs, coreShare, memoryBytes }: Load): string {
  const [middle, slow] = [0.5, 0.95].map((share) => `${Math.round(quantile(answersMs, share))} ms`);
  return `| ${rooms} | ${middle} | ${slow} | ${Math.round(coreShare * 100)} % | ${Math.round(memoryBytes / 2 ** 20)} MiB |`;
}

/** @returns why no more rooms were added */
async function fill(world: RoomWorld, callers: Caller[]): Promise<string> {
  const idle = useOfRooms(world.worker.pid);
  let alone: number | undefined;
  while (callers.length < Number(values.most)) {
    try {
      callers.push(await world.call('ours'));
    } catch (error) {
      return `To the caller in room ${callers.length + 1} nobody came: ${(error as Error).message}.`;
    }
    // The first time of each room is slower.
    if (alone === undefined) await converse(world, callers, idle.memoryBytes);
    const load = await converse(world, callers, idle.memoryBytes);
    console.log(row(callers.length, load));
    const slow = quantile(load.answersMs, 0.95);
    alone ??= slow;
    if (slow >= 2 * alone)
      return `With ${callers.length} rooms the slowest answers took twice as long as in one.`;
  }
  return `All ${callers.length} rooms were carried.`;
}

await withBenchPersona(async (persona) => {
  const machine = describeMachine();
  const callers: Caller[] = [];
  const world = await startRoomWorld({ persona, withControl: false });
  try {
    console.log(`${formatMachine(machine)}

| rooms | end of speech to first sound | p95 | a core's time for each room | memory of each room |
|---|---|---|---|---|`);
    console.log(`\n${await fill(world, callers)}`);
  } finally {
    for (const caller of callers) await caller.leave();
    await disposeCallers();
    await world.stop();
  }
});
