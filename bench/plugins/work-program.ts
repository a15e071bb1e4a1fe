/**
 * A program that does nothing but take turns with the plugin that it is told, in front of a model in another process, and tells what they
 * cost. Arguments: the plugin's name and its port. Each message is a talk; the answer is what its turns cost.
 */
import { initializeLogger, type llm } from '@livekit/agents';
import { WebSocket } from 'ws';
import { candidateNames, createPlugin } from './candidates.ts';
import type { Talk, TurnCost } from './plugin-process.ts';
import { once, talkOf, tools } from './probe.ts';

/** Called when something leaves this process. */
let onLeave = (): void => {};

// The plugins on sockets use `ws`, the third one fetches. Of all that leaves here after a question, the question itself is first.
const { prototype } = WebSocket;
const plainSend = Reflect.get(prototype, 'send') as (...args: unknown[]) => void;
Reflect.set(prototype, 'send', function sendAndTell(this: WebSocket, ...args: unknown[]) {
  onLeave();
  plainSend.apply(this, args);
});
const { fetch } = globalThis;
globalThis.fetch = (...args) => {
  onLeave();
  return fetch(...args);
};

function processorMs(since: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1_000;
}

async function takeTurn(plugin: llm.LLM, chatCtx: llm.ChatContext): Promise<TurnCost> {
  const cost: TurnCost = { askingMs: NaN, turnMs: NaN, firstWordMs: NaN };
  const [cpuBefore, askedAt] = [process.cpuUsage(), performance.now()];
  onLeave = () => {
    cost.askingMs = processorMs(cpuBefore);
    onLeave = () => {};
  };
  const stream = plugin.chat({ chatCtx, toolCtx: tools, connOptions: once });
  for await (const chunk of stream) {
    if (Number.isNaN(cost.firstWordMs) && chunk.delta?.content)
      cost.firstWordMs = performance.now() - askedAt;
  }
  stream.close();
  cost.turnMs = processorMs(cpuBefore);
  return cost;
}

async function takeTurns(plugin: llm.LLM, { items, turns }: Talk): Promise<TurnCost[]> {
  const chatCtx = talkOf(items);
  const costs: TurnCost[] = [];
  for (let turn = 0; turn < turns; turn += 1) {
    // As LiveKit does.
    costs.push(await takeTurn(plugin, chatCtx.copy()));
    chatCtx.addMessage({ role: 'assistant', content: 'Yes.' });
    chatCtx.addMessage({ role: 'user', content: `And then, for the ${turn}th time?` });
  }
  return costs;
}

initializeLogger({ pretty: false, level: 'silent' });
const [name, port] = process.argv.slice(2);
const known = candidateNames.find((candidate) => candidate === name);
if (known === undefined) throw new Error(`no plugin "${name}"; there are ${candidateNames.join(', ')}`);
const plugin = createPlugin(known, Number(port));
plugin.on('error', ({ error }) => {
  throw error;
});
process.on('message', (talk: Talk) => {
  takeTurns(plugin, talk).then(
    (costs) => process.send?.(costs),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
process.once('disconnect', () => process.exit());
