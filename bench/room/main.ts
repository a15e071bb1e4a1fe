/**
 * How fast the agent answers in a real room: `npm run bench:room -- [--turns 30] [--pauses 20] [--interruptions 20]`, after
 * `npm run real:setup`. Turns alternate between our agent and one without a server between; prints a table and measures nothing itself.
 */
import { parseArgs } from 'node:util';
import { type Caller, disposeCallers } from '../../test/real/parts/caller.ts';
import { describeMachine, formatMachine } from '../machine.ts';
import { seededRandom } from '../random.ts';
import { compareQuantiles, quantile, sorted } from '../statistics.ts';
import { measureAnswer, measureBargeIn, measurePause } from './measures.ts';
import { withBenchPersona } from './persona.ts';
import { type Candidate, startRoomWorld } from './room-world.ts';

const { values } = parseArgs({
  options: {
    turns: { type: 'string', default: '30' },
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

/** Turn by turn, for two neighbours met the same machine. */
function ratio({ ours, direct }: Record<Candidate, readonly number[]>): string {
  const each = (samples: readonly number[]): number[][] => samples.map((sample) => [sample]);
  const options = { comparison: 'ratio', shares: [0.5], random: seededRandom(1) } as const;
  const [median] = compareQuantiles(each(direct), each(ours), options);
  if (median === undefined) throw new Error('one estimate for one share');
  const [value, low, high] = [median.value, median.low, median.high].map((number) => number.toFixed(2));
  const [own, other] = [mean(ours), mean(direct)];
  return `Median, ours to direct: ${value} [${low}, ${high}]; mean ${own.toFixed(0)} and ${other.toFixed(0)} ms`;
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
  try {
    const [ours, direct] = [await world.call('ours'), await world.call('direct')];
    callers.push(ours, direct);
    const callerOf: Record<Candidate, Caller> = { ours, direct };
    const { model } = world;
    const answers: Record<Candidate, number[]> = { ours: [], direct: [] };
    const early: Record<Candidate, number> = { ours: 0, direct: 0 };
    const stops: Record<Candidate, number[]> = { ours: [], direct: [] };
    // What runs for the first time is slower.
    await interleave(2, async (who) => void (await measureAnswer(callerOf[who], model)));
    await interleave(Number(values.turns), async (who) => {
      answers[who].push(await measureAnswer(callerOf[who], model));
    });
    await interleave(Number(values.pauses), async (who) => {
      if (await measurePause(callerOf[who], model, pauseMs)) early[who] += 1;
    });
    await interleave(Number(values.interruptions), async (who) => {
      stops[who].push(await measureBargeIn(callerOf[who], model));
    });
    console.log(formatMachine(machine));
    if (answers.ours.length > 0) {
      console.log(`\n${table('from the end of speech to the first sound', answers)}\n\n${ratio(answers)}`);
    }
    if (stops.ours.length > 0) {
      console.log(`\n${table("from the first sound of an interruption to the agent's last", stops)}`);
    }
    if (Number(values.pauses) > 0) {
      const counts = candidates.map((who) => `${who} ${early[who]} of ${values.pauses}`);
      console.log(`\nAnswered early after a pause of ${pauseMs} ms: ${counts.join(', ')}.`);
    }
  } finally {
    for (const caller of callers) await caller.leave();
    await disposeCallers();
    await world.stop();
  }
});
