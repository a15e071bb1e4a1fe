/** What happens when the other side says nothing, or is not there any more. */
import { setTimeout as sleep } from 'node:timers/promises';
import { silenceMs } from '../candidates.ts';
import { allButResponses, answerTo, once, onlyOurs, talkOf, type Probe } from '../probe.ts';

const timeoutMs = 300;
const patienceMs = 10 * timeoutMs;

export const silentModel: Probe = {
  title: `a model that is silent, with a time-out of ${timeoutMs} ms`,
  expected: onlyOurs,
  async run({ plugin, model }) {
    model.fallback = { tokens: [], failure: { type: 'silent', after: 0 } };
    const asked = answerTo(plugin, talkOf(1), { ...once, timeoutMs });
    const ended = await Promise.race([asked, sleep(patienceMs, undefined)]);
    if (ended === undefined) return { value: `hangs after ${patienceMs} ms`, isRight: false };
    return { value: `fails after ${Math.round(ended.tookMs)} ms`, isRight: true };
  },
};

export const idleSocket: Probe = {
  title: 'an idle socket was cut; the next turn, without retries,',
  expected: allButResponses,
  async run({ plugin, relay }) {
    let errors = 0;
    plugin.on('error', () => {
      errors += 1;
    });
    await answerTo(plugin, talkOf(1));
    relay.cut();
    await sleep(1_000);
    const { text, tookMs } = await answerTo(plugin, talkOf(3));
    const isRight = text !== '' && errors === 0;
    return { value: isRight ? `is answered in ${tookMs.toFixed(0)} ms` : 'fails', isRight };
  },
};

export const deadLine: Probe = {
  title: 'the line died without a word while nobody spoke; the next turn',
  expected: allButResponses,
  async run({ plugin, relay }) {
    await answerTo(plugin, talkOf(1));
    relay.swallow();
    await sleep(silenceMs + 1_500);
    const ended = await Promise.race([answerTo(plugin, talkOf(3)), sleep(patienceMs, undefined)]);
    if (ended === undefined) return { value: `hangs after ${patienceMs} ms`, isRight: false };
    const isRight = ended.text !== '';
    return { value: isRight ? `is answered in ${ended.tookMs.toFixed(0)} ms` : 'fails', isRight };
  },
};
