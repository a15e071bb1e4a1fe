/**
 * A LiveKit agent's turns in the middle of a talk of so many items, with eight tools: our plugin and our server against the official plugin
 * straight to the same model, in both of its modes. By the clock until the first word, and by the processor until the request is sent.
 */
import { type CandidateName, candidateNames } from '../plugins/candidates.ts';
import { PluginProcess, type TurnCost } from '../plugins/plugin-process.ts';
import { startParts } from '../parts.ts';
import type { Case, Group } from '../run-group.ts';
import { median } from '../statistics.ts';
import type { Row, RowOptions } from './row.ts';

/** The second token leaves later, so that the first travels alone, as a model's does. */
const behaviour = { tokens: ['Yes, ', 'of course.'], tokenMs: 2 };
const official = ['openai chat', 'openai responses'] as const;
/** In each talk: the first turn tells all that was said before, the others are what a talk consists of. */
const measuredTurns = 4;
/** Processes that have been at work for a while are what is compared. */
const warmUpTalks = 25;

interface Measure {
  name: string;
  what: keyof TurnCost;
  /** Which of the official modes the others are held against. */
  control: (plugins: Record<CandidateName, PluginProcess>, items: number) => Promise<CandidateName>;
}

const untilFirstWord: Measure = {
  name: 'first word in a LiveKit stream',
  what: 'firstWordMs',
  control: quickest,
};
const untilSent: Measure = {
  name: "the plugin's processor time until its request is sent",
  what: 'askingMs',
  control: async () => 'openai responses',
};

/** `samples` are turns in each block. */
export const streamRow = (items: number): Row => ({ start: group(untilFirstWord, items), samples: 20 });
export const askingRow = (items: number): Row => ({ start: group(untilSent, items), samples: 20 });

function group({ name, what, control }: Measure, items: number): (options: RowOptions) => Promise<Group> {
  return async ({ samples, code, preload }) => {
    const parts = await startParts({ code, preload });
    await parts.model.behave(behaviour);
    const modelPort = Number(new URL(parts.modelUrl).port);
    const plugins = Object.fromEntries(
      candidateNames.map((candidate) => {
        const port = candidate === 'ws-llm' ? parts.server.port : modelPort;
        return [candidate, new PluginProcess(candidate, port)];
      }),
    ) as Record<CandidateName, PluginProcess>;
    for (let n = 0; n < warmUpTalks; n += 1)
      for (const plugin of Object.values(plugins)) await talk(plugin, items);
    const against = await control(plugins, items);
    const toCase = (candidate: CandidateName): Case => ({
      name: candidate,
      async run() {
        const costs: TurnCost[] = [];
        while (costs.length < samples) costs.push(...(await talk(plugins[candidate], items)));
        return costs.map((cost) => cost[what]);
      },
    });
    return {
      name: `${name}, ${items} items`,
      unit: 'ms',
      comparison: 'ratio',
      control: toCase(against),
      cases: candidateNames.filter((candidate) => candidate !== against).map(toCase),
      async close() {
        for (const plugin of Object.values(plugins)) await plugin.stop();
        await parts.stop();
      },
    };
  };
}

/** The turns in the middle of which so many items have been said. */
async function talk(plugin: PluginProcess, items: number): Promise<TurnCost[]> {
  const costs = await plugin.talk({ items: items - measuredTurns - 1, turns: 1 + measuredTurns });
  return costs.slice(1);
}

async function quickest(
  plugins: Record<CandidateName, PluginProcess>,
  items: number,
): Promise<CandidateName> {
  const firstWord = { 'openai chat': 0, 'openai responses': 0 };
  for (const candidate of official) {
    const costs: TurnCost[] = [];
    for (let n = 0; n < warmUpTalks; n += 1) costs.push(...(await talk(plugins[candidate], items)));
    firstWord[candidate] = median(costs.map(({ firstWordMs }) => firstWordMs));
  }
  return firstWord['openai chat'] <= firstWord['openai responses'] ? 'openai chat' : 'openai responses';
}
