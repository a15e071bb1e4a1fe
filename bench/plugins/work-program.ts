/**
 * A program that does nothing but take turns with the plugin that it is told, in front of a model in another process, and tells what they
 * cost. Arguments: the plugin's name, its port, and how many items each talk begins with.
 */
import { initializeLogger, type llm } from '@livekit/agents';
import { WebSocket } from 'ws';
import { median } from '../statistics.ts';
import { candidateNames, createPlugin } from './candidates.ts';
import { once, talkOf, tools } from './probe.ts';

/** Medians, in milliseconds. */
export interface TurnCost {
  /** Of the processor, from `chat()` until the request is handed to its socket: what is the plugin's own, and no system's. */
  askingMs: number;
  /** Of the processor, from `chat()` until the stream has ended. */
  turnMs: number;
  /** By the clock, from `chat()` until the first word is there. */
  firstWordMs: number;
}

const turns = 80;
/** They open the socket and compile the code. */
const warmUpTurns = 40;

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

async function takeTurns(plugin: llm.LLM, items: number): Promise<TurnCost> {
  const chatCtx = talkOf(items);
  const costs: TurnCost[] = [];
  for (let turn = 0; turn < turns; turn += 1) {
    // As LiveKit does.
    costs.push(await takeTurn(plugin, chatCtx.copy()));
    chatCtx.addMessage({ role: 'assistant', content: 'Yes.' });
    chatCtx.addMessage({ role: 'user', content: `And then, for the ${turn}th time?` });
  }
  const measured = costs.slice(warmUpTurns);
  const of = (what: keyof TurnCost): number => median(measured.map((cost) => cost[what]));
  return { askingMs: of('askingMs'), turnMs: of('turnMs'), firstWordMs: of('firstWordMs') };
}

initializeLogger({ pretty: false, level: 'silent' });
const [name, port, ...talks] = process.argv.slice(2);
const known = candidateNames.find((candidate) => candidate === name);
if (known === undefined) throw new Error(`no plugin "${name}"; there are ${candidateNames.join(', ')}`);
const plugin = createPlugin(known, Number(port));
plugin.on('error', ({ error }) => {
  throw error;
});
for (const items of talks) process.send?.(await takeTurns(plugin, Number(items)));
process.exit();
