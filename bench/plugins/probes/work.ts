/** How much a plugin works on a request before it leaves, and on a whole turn. */
import { median } from '../../statistics.ts';
import type { Candidate, CandidateName } from '../candidates.ts';
import { PluginProcess, type TurnCost } from '../plugin-process.ts';
import { notJudged, onlyOurs, type Probe } from '../probe.ts';

const lengths = [11, 101, 401];
const turns = 80;
/** They open the socket and compile the code. */
const warmUpTurns = 40;

/** What was measured of each: every row is of the same turns. */
const measured = new Map<CandidateName, Promise<TurnCost[]>>();

function costsOf(candidate: Candidate): Promise<TurnCost[]> {
  const costs = measured.get(candidate.name) ?? measure(candidate);
  measured.set(candidate.name, costs);
  return costs;
}

/** Medians, one for each length of talk. */
async function measure({ name, model, relay }: Candidate): Promise<TurnCost[]> {
  model.fallback = { tokens: ['Yes.'] };
  const plugin = new PluginProcess(name, relay.port);
  try {
    const costs: TurnCost[] = [];
    for (const items of lengths) costs.push(medians(await plugin.talk({ items, turns })));
    return costs;
  } finally {
    await plugin.stop();
  }
}

function medians(costs: TurnCost[]): TurnCost {
  const of = (what: keyof TurnCost): number => median(costs.slice(warmUpTurns).map((cost) => cost[what]));
  return { askingMs: of('askingMs'), turnMs: of('turnMs'), firstWordMs: of('firstWordMs') };
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
