/** How long a plugin works on a request before it leaves, and what a first word takes on an idle machine. */
import { WebSocket } from 'ws';
import type { Candidate } from '../candidates.ts';
import { answerTo, notJudged, once, talkOf, tools, type Finding, type Probe } from '../probe.ts';
import { median } from '../../statistics.ts';

const turns = 60;

/** When something last left this process: both plugins on sockets use `ws`, the third one fetches. */
let leftAt = 0;
const send = WebSocket.prototype.send;
const fetched = globalThis.fetch;
const leaving = (): void => {
  leftAt = performance.now();
};
WebSocket.prototype.send = function (this: WebSocket, ...args: Parameters<typeof send>): void {
  leaving();
  send.apply(this, args);
} as typeof send;
globalThis.fetch = (...args) => {
  leaving();
  return fetched(...args);
};

/** Milliseconds from `chat()` until the request leaves, over turns of a talk of so many items. */
export async function workMs({ plugin, model, relay: _relay }: Candidate, items: number): Promise<number> {
  model.fallback = { tokens: ['Yes.'] };
  const chatCtx = talkOf(items);
  const took: number[] = [];
  for (let turn = 0; turn < turns; turn += 1) {
    chatCtx.addMessage({ role: 'user', content: `And then, for the ${turn}th time?` });
    const askedAt = performance.now();
    const stream = plugin.chat({ chatCtx: chatCtx.copy(), toolCtx: tools, connOptions: once });
    const first = firstSend(askedAt);
    await stream.collect();
    took.push(await first);
    chatCtx.addMessage({ role: 'assistant', content: 'Yes.' });
  }
  return median(took);
}
