/** What an interruption does: to the model, to the sockets, and to what the model believes that it said. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { SeenRequest } from '../../../test/stand-ins/model/fake-model.ts';
import { answerTo, bargeIn, onlyOurs, allButResponses, slowWords, talkOf, type Probe } from '../probe.ts';

const words = 60;

export const modelStops: Probe = {
  title: 'after a barge-in the model makes',
  expected: allButResponses,
  async run({ plugin, model }) {
    model.fallback = slowWords(words);
    await bargeIn(plugin, talkOf(1));
    const request = await model.request(0);
    await request.closed;
    return { value: `${request.sent} of ${words} words`, isRight: request.sent < words };
  },
};

export const sameSocket: Probe = {
  title: 'sockets after 20 barge-ins',
  expected: onlyOurs,
  async run({ plugin, model, relay }) {
    model.fallback = slowWords(words);
    for (let turn = 0; turn < 20; turn += 1) await bargeIn(plugin, talkOf(1));
    return { value: String(relay.connections), isRight: relay.connections === 1 };
  },
};

export const onlyWhatWasHeard: Probe = {
  title: 'two turns later the model believes it said',
  expected: allButResponses,
  async run({ plugin, model }) {
    model.script.push(slowWords(words));
    const chatCtx = talkOf(1);
    await bargeIn(plugin, chatCtx);
    chatCtx.addMessage({ role: 'assistant', content: 'word0', interrupted: true });
    chatCtx.addMessage({ role: 'user', content: 'Shorter, please.' });
    const { text } = await answerTo(plugin, chatCtx);
    // The interrupted answer ends when its model is done, which may be later than the next answer; the plugin hears of it a moment later.
    const interrupted = await model.request(0);
    await interrupted.closed;
    await sleep(200);
    chatCtx.addMessage({ role: 'assistant', content: text });
    chatCtx.addMessage({ role: 'user', content: 'Thank you.' });
    await answerTo(plugin, chatCtx);
    const told = whatIsTold(model.requests, 2);
    const isRight = !told.includes(`word${words - 1}`);
    return { value: isRight ? 'what was heard' : 'what nobody heard', isRight };
  },
};

/** A request that goes on from a response says all that one did, and its answer. */
function whatIsTold(requests: SeenRequest[], at: number): string {
  const body = requests[at]?.body;
  const id = body?.['previous_response_id'];
  const previous = typeof id === 'string' ? /^resp_(\d+)$/.exec(id)?.[1] : undefined;
  const own = JSON.stringify(body?.['input'] ?? body?.messages);
  if (previous === undefined) return own;
  const before = Number(previous) - 1;
  const answer = Array.from({ length: requests[before]?.sent ?? 0 }, (_, word) => `word${word}`).join(' ');
  return `${whatIsTold(requests, before)} ${answer} ${own}`;
}
