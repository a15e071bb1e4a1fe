/** How long a plugin works on a request before it leaves, and what a first word takes on an idle machine. */
import { WebSocket } from 'ws';
import { median } from '../../statistics.ts';
import type { Candidate } from '../candidates.ts';
import { notJudged, once, onlyOurs, talkOf, tools, type Probe } from '../probe.ts';

const turns = 60;

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

interface Turn {
  /** Milliseconds from `chat()` until the request leaves. */
  workMs: number;
  /** Milliseconds from `chat()` until the first word is there. */
  firstWordMs: number;
}

/** The turns of a talk that has so many items. */
async function takeTurns({ plugin, model }: Candidate, items: number): Promise<Turn[]> {
  model.fallback = { tokens: ['Yes.'] };
  const chatCtx = talkOf(items);
  const taken: Turn[] = [];
  for (let turn = 0; turn < turns; turn += 1) {
    let [workMs, firstWordMs] = [NaN, NaN];
    const context = chatCtx.copy();
    const askedAt = performance.now();
    onLeave = () => {
      workMs = performance.now() - askedAt;
      onLeave = () => {};
    };
    const stream = plugin.chat({ chatCtx: context, toolCtx: tools, connOptions: once });
    for await (const chunk of stream) {
      if (Number.isNaN(firstWordMs) && chunk.delta?.content) firstWordMs = performance.now() - askedAt;
    }
    stream.close();
    taken.push({ workMs, firstWordMs });
    chatCtx.addMessage({ role: 'assistant', content: 'Yes.' });
    chatCtx.addMessage({ role: 'user', content: `And then, for the ${turn}th time?` });
  }
  // The first ones open the socket and compile the code.
  return taken.slice(10);
}

/** Ours is to take a tenth at most. In milliseconds, as measured so far. */
const responsesWorkMs: { value: number | undefined } = { value: undefined };

export const workBeforeSending: Probe = {
  title: 'ms from chat() until the request leaves, at 10 / 100 / 400 items',
  expected: onlyOurs,
  async run(candidate) {
    const medians: number[] = [];
    for (const items of [11, 101, 401]) {
      medians.push(median((await takeTurns(candidate, items)).map(({ workMs }) => workMs)));
    }
    const most = medians.at(-1) ?? NaN;
    if (candidate.name === 'openai responses') responsesWorkMs.value = most;
    const value = medians.map((ms) => ms.toFixed(2)).join(' / ');
    return { value, isRight: most <= (responsesWorkMs.value ?? NaN) / 10 };
  },
};

export const firstWord: Probe = {
  title: 'ms from chat() until the first word, at 100 items',
  expected: notJudged,
  async run(candidate) {
    const all = await takeTurns(candidate, 101);
    return { value: median(all.map(({ firstWordMs }) => firstWordMs)).toFixed(2), isRight: undefined };
  },
};
