/**
 * Answers without a model, from a small script, so that a page or an agent can be tried before one is chosen.
 * Says what it is in the first words of a conversation. Paced like a quick model; stops at once when aborted.
 */
import { setTimeout as pause } from 'node:timers/promises';
import {
  type Backend,
  BackendError,
  type BackendEvent,
  type BackendMessage,
  type BackendRequest,
} from '../backend.ts';
import { demoAnswers, demoIntroduction } from './demo-script.ts';
import { hasImage } from './has-image.ts';

const msBeforeFirstWord = 120;
const msPerWord = 30;

export class DemoBackend implements Backend {
  readonly name = 'demo';
  readonly model = 'demo-script';

  async *stream(
    request: BackendRequest,
    { signal }: { signal: AbortSignal },
  ): AsyncGenerator<BackendEvent, void, undefined> {
    if (request.messages.some(hasImage)) {
      throw new BackendError('bad_request', 'The demo does not take images', { retryable: false });
    }
    const words = answer(request.messages).match(/\S+\s*/g) ?? [];
    await pause(msBeforeFirstWord, undefined, { signal });
    for (const word of words) {
      yield { type: 'text', text: word };
      await pause(msPerWord, undefined, { signal });
    }
    yield { type: 'finish', reason: 'stop' };
  }
}

function answer(messages: BackendMessage[]): string {
  const question = textOf(messages.findLast((message) => message.role === 'user'));
  const found = demoAnswers.find(({ about }) => about.test(question)) ?? demoAnswers.at(-1);
  const introduced = messages.some((message) => message.role === 'assistant');
  return `${introduced ? '' : `${demoIntroduction} `}${found?.answer ?? ''}`;
}

function textOf(message: BackendMessage | undefined): string {
  if (message === undefined) return '';
  if (typeof message.content === 'string') return message.content;
  return message.content.map((part) => (part.type === 'text' ? part.text : '')).join(' ');
}
