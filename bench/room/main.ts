/**
 * How fast the agent answers in a real room: `npm run bench:room -- [--rooms 15] [--turns 2] [--pauses 20] [--interruptions 20]`, after
 * `npm run real:setup`. Turns alternate between our agent and one without a server between; prints a table and measures nothing itself.
 */
import { parseArgs } from 'node:util';
import { type Caller, disposeCallers } from '../../test/real/parts/caller.ts';
import { describeMachine, formatMachine } from '../machine.ts';
import { seededRandom } from '../random.ts';
import { blockSpread, type Blocks, compareQuantiles, quantile, sorted } from '../statistics.ts';
import { measureAnswer, measureBargeIn, measurePause } from './measures.ts';
import { withBenchPersona } from './persona.ts';
import { type Candidate, startRoomWorld } from './room-world.ts';

const { values } = parseArgs({
  options: {
    rooms: { type: 'string', default: '15' },
    turns: { type: 'string', default: '2' },
    pauses: { type: 'string', default: '20' },
    interruptions: { type: 'string', default: '20' },
  },
});
const candidates: readonly Candidate[] = ['ours', 'direct'];
const pauseMs = 500;

function row(name: string, samples: readonly number[]): string {
  const inOrder = sorted(samples);
  const cells = [0.5, 0.95].map((share) => `${Math.round(quantile(inOrder, share))} ms`);
  return `| ${name} | ${samples.length} | ${cells.join(' | ')} |`;
}

function table(what: string, samples: Record<Candidate, readonly number[]>): string {
  const rows = candidates.map((who) => row(who, samples[who]));
  return [`| ${what} | times | median | p95 |`, '|---|---|---|---|', ...rows].join('\n');
}

function mean(samples: readonly number[]): number {
  return samples.reduce((sum, sample) => sum + sample, 0) / samples.length;
}

/**
 * Room by room: how sound is paced on its way in and out is settled when a room is joined, so the turns of one room have it in common, and rooms
 * differ by more than two agents do.
 */
function ratio({ ours, direct }: Record<Candidate, Blocks>): string {
  const options = { comparison: 'ratio', shares: [0.5], random: seededRandom(1) } as const;
  const [median] = compareQuantiles(direct, ours, options);
  if (median === undefined) throw new Error('one estimate for one share');
  const [value, low, high] = [median.value, median.low, median.high].map((number) => number.toFixed(2));
  const [own, other] = [mean(ours.flat()), mean(direct.flat())];
  const [ownRooms, otherRooms] = [ours, direct].map((rooms) => {
    const { lowest, highest } = blockSpread(rooms);
    return `${Math.round(lowest)} to ${Math.round(highest)}`;
  });
  return `Median, ours to direct: ${value} [${low}, ${high}]; mean ${own.toFixed(0)} and ${other.toFixed(0)} ms; medians of rooms ${ownRooms} and ${otherRooms} ms`;
}

/** Each candidate in turn, so that what disturbs the machine disturbs both. */
async function interleave(count: number, measure: (candidate: Candidate) => Promise<void>): Promise<void> {
  for (let n = 0; n < count; n++) {
    for (const candidate of n % 2 === 0 ? candidates : candidates.toReversed()) await measure(candidate);
  }
}

await withBenchPersona(async (persona) => {
  const machine = describeMachine();
  const callers: Caller[] = [];
  const world = await startRoomWorld({ persona });
  const { model } = world;
  const call = async (candidate: Candidate): Promise<Caller> => {
    const caller = await world.call(candidate);
    callers.push(caller);
    return caller;
  };
  const callBoth = async (): Promise<Record<Candidate, Caller>> => {
    const callerOf = { ours: await call('ours'), direct: await call('direct') };
    // What runs for the first time is slower, and meanwhile each worker makes a process ready for the next room.
    await interleave(1, async (who) => void (await measureAnswer(callerOf[who], model)));
    return callerOf;
  };
  const hangUp = async (): Promise<void> => {
    for (const caller of callers.splice(0)) await caller.leave();
  };
  try {
    const answers: Record<Candidate, number[][]> = { ours: [], direct: [] };
    const early: Record<Candidate, number> = { ours: 0, direct: 0 };
    const stops: Record<Candidate, number[]> = { ours: [], direct: [] };
    for (let room = 0; room < Number(values.rooms); room++) {
      const callerOf = await callBoth();
      for (const who of candidates) answers[who].push([]);
      await interleave(Number(values.turns), async (who) => {
        answers[who].at(-1)?.push(await measureAnswer(callerOf[who], model));
      });
      await hangUp();
    }
    const callerOf = await callBoth();
    await interleave(Number(values.pauses), async (who) => {
      if (await measurePause(callerOf[who], model, pauseMs)) early[who] += 1;
    });
    await interleave(Number(values.interruptions), async (who) => {
      stops[who].push(await measureBargeIn(callerOf[who], model));
    });
    console.log(formatMachine(machine));
    if (answers.ours.length > 0) {
      const all = { ours: answers.ours.flat(), direct: answers.direct.flat() };
      console.log(`\n${table('from the end of speech to the first sound', all)}\n\n${ratio(answers)}`);
    }
    if (stops.ours.length > 0) {
      console.log(`\n${table("from the first sound of an interruption to the agent's last", stops)}`);
    }
    if (Number(values.pauses) > 0) {
      const counts = candidates.map((who) => `${who} ${early[who]} of ${values.pauses}`);
      console.log(`\nAnswered early after a pause of ${pauseMs} ms: ${counts.join(', ')}.`);
    }
  } finally {
    await hangUp();
    await disposeCallers();
    await world.stop();
  }
});
