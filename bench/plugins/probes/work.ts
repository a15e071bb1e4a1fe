/** How much a plugin works on a request before it leaves, and on a whole turn. In a process of its own, because a process is what is measured. */
import { fork } from 'node:child_process';
import { once as onceOf } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Candidate, CandidateName } from '../candidates.ts';
import { notJudged, onlyOurs, type Probe } from '../probe.ts';
import type { TurnCost } from '../work-program.ts';

const program = fileURLToPath(new URL('../work-program.ts', import.meta.url));
const lengths = [11, 101, 401];

/** What was measured of each: every row is of the same turns. */
const measured = new Map<CandidateName, Promise<TurnCost[]>>();

function costsOf(candidate: Candidate): Promise<TurnCost[]> {
  const costs = measured.get(candidate.name) ?? measure(candidate);
  measured.set(candidate.name, costs);
  return costs;
}

/** One for each length of talk. */
async function measure({ name, model, relay }: Candidate): Promise<TurnCost[]> {
  model.fallback = { tokens: ['Yes.'] };
  const costs: TurnCost[] = [];
  const child = fork(program, [name, String(relay.port), ...lengths.map(String)], {
    execArgv: process.execArgv,
  });
  child.on('message', (cost) => costs.push(cost as TurnCost));
  await onceOf(child, 'exit');
  if (costs.length !== lengths.length) throw new Error(`${name} ended before all was measured`);
  return costs;
}

function inWords(costs: TurnCost[], what: keyof TurnCost): string {
  return costs.map((cost) => cost[what].toFixed(2)).join(' / ');
}

export const workBeforeSending: Probe = {
  title: 'ms of processor until the request leaves, at 10 / 100 / 400 items',
  expected: onlyOurs,
  async run(candidate, before) {
    const costs = await costsOf(candidate);
    const mostMs = costs.at(-1)?.askingMs ?? NaN;
    const responses = before['openai responses']?.measured ?? NaN;
    return { value: inWords(costs, 'askingMs'), measured: mostMs, isRight: mostMs <= responses / 10 };
  },
};

export const workOfTurn: Probe = {
  title: 'ms of processor for a whole turn, at 10 / 100 / 400 items',
  expected: notJudged,
  async run(candidate) {
    return { value: inWords(await costsOf(candidate), 'turnMs'), isRight: undefined };
  },
};

export const firstWord: Probe = {
  title: 'ms from chat() until the first word, at 10 / 100 / 400 items',
  expected: notJudged,
  async run(candidate) {
    return { value: inWords(await costsOf(candidate), 'firstWordMs'), isRight: undefined };
  },
};
