/** What a plain turn costs on the wire, as the talk grows. */
import { answerTo, notJudged, onlyOurs, talkOf, tools, type Probe } from '../probe.ts';
import type { Candidate } from '../candidates.ts';

const mostBytes = 600;

export const bytesBeyondWords: Probe = {
  title: 'bytes of a turn beyond its words at 10 / 100 / 400 items',
  expected: onlyOurs,
  async run(candidate) {
    const bytes: number[] = [];
    for (const items of [11, 101, 401]) bytes.push(await bytesOfTurn(candidate, items));
    return { value: bytes.join(' / '), isRight: bytes.every((size) => size < mostBytes) };
  },
};

async function bytesOfTurn({ plugin, sent }: Candidate, items: number): Promise<number> {
  const chatCtx = talkOf(items);
  const { text } = await answerTo(plugin, chatCtx);
  const question = 'And what else?';
  chatCtx.addMessage({ role: 'assistant', content: text });
  chatCtx.addMessage({ role: 'user', content: question });
  await answerTo(plugin, chatCtx);
  return Buffer.byteLength(JSON.stringify(sent().at(-1))) - text.length - question.length;
}

export const toolsOnce: Probe = {
  title: 'tools travel in, of 5 turns (the model has them in)',
  expected: onlyOurs,
  async run({ plugin, model, sent }) {
    const chatCtx = talkOf(1);
    for (let turn = 0; turn < 5; turn += 1) {
      const { text } = await answerTo(plugin, chatCtx);
      chatCtx.addMessage({ role: 'assistant', content: text });
      chatCtx.addMessage({ role: 'user', content: 'And then?' });
    }
    const travelled = sent().filter((body) => body['tools'] !== undefined).length;
    const known = model.requests.filter(({ body }) => (body['tools'] as unknown[]).length === tools.length);
    return { value: `${travelled} (${known.length})`, isRight: travelled === 1 && known.length === 5 };
  },
};

export const answerAgain: Probe = {
  title: 'what was heard of the last answer travels back',
  expected: notJudged,
  async run({ plugin, sent }) {
    const chatCtx = talkOf(1);
    const { text } = await answerTo(plugin, chatCtx);
    chatCtx.addMessage({ role: 'assistant', content: text });
    chatCtx.addMessage({ role: 'user', content: 'And then?' });
    await answerTo(plugin, chatCtx);
    return { value: JSON.stringify(sent().at(-1)).includes(text) ? 'yes' : 'no', isRight: undefined };
  },
};
