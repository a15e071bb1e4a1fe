/**
 * Answers without a model, from a script, so that a page or an agent can be built and tried before one is chosen: it shows every kind of
 * frame when it is asked for it. Says what it is in its first reply. Paced like a quick model; stops at once when aborted.
 */
import { setTimeout as pause } from 'node:timers/promises';
import {
  type Backend,
  BackendError,
  type BackendEvent,
  type BackendMessage,
  type BackendRequest,
  type BackendWarmth,
  type ModelInfo,
} from '../backend.ts';
import { demoFeeling } from './demo-feeling.ts';
import { type DemoStep, say } from './demo-reply.ts';
import { demoIntroduction, demoMenu, demoScenes } from './demo-script.ts';
import { demoCalls, demoResults } from './demo-tools.ts';
import { hasImage } from './has-image.ts';
import { UnknownModelError } from './unknown-model.ts';

const msBeforeFirstWord = 120;
const msPerWord = 30;

export class DemoBackend implements Backend {
  readonly name = 'demo';
  readonly model = 'demo-script';

  /** A word counts as a token. */
  async *stream(
    request: BackendRequest,
    { signal }: { signal: AbortSignal },
  ): AsyncGenerator<BackendEvent, void, undefined> {
    this.#check(request);
    let words = 0;
    let called = false;
    await pause(msBeforeFirstWord, undefined, { signal });
    for (const step of replyTo(request)) {
      switch (step.type) {
        case 'text':
        case 'reasoning':
          for (const text of step.text.match(/\S+\s*/g) ?? []) {
            if (words === request.params.maxTokens) return yield { type: 'finish', reason: 'length' };
            words += 1;
            yield { type: step.type, text };
            await pause(step.wordMs ?? msPerWord, undefined, { signal });
          }
          break;
        case 'tool_call':
          called = true;
          yield step;
          break;
        case 'silence':
          await silence(step.forMs, signal);
          break;
        case 'fail':
          throw step.error;
        case 'cut':
          return;
        case 'finish':
          return yield step;
      }
    }
    yield { type: 'finish', reason: called ? 'tool_calls' : 'stop' };
  }

  /** There is nothing to load, and nothing that reads ahead. */
  async warm(request: BackendRequest): Promise<BackendWarmth> {
    this.#check(request);
    return {};
  }

  async models(): Promise<ModelInfo[]> {
    return [{ name: this.model, loaded: true }];
  }

  #check({ messages, model }: BackendRequest): void {
    if (model !== undefined && model !== this.model)
      throw new UnknownModelError('The demo', model, [this.model]);
    if (messages.some(hasImage)) {
      throw new BackendError('bad_request', 'The demo does not take images', { retryable: false });
    }
  }
}

function replyTo(request: BackendRequest): readonly DemoStep[] {
  const { messages } = request;
  const [question = '', ...earlier] = messages
    .filter(({ role }) => role === 'user')
    .map(textOf)
    .toReversed();
  const replies = messages.filter(({ role }) => role === 'assistant');
  const feeling = demoFeeling(question, replies.map(textOf).at(-1) ?? '');
  if (feeling !== undefined) return [say(feeling)];
  const scene = demoScenes.find(({ about }) => about.test(question));
  const steps =
    demoResults(messages) ?? demoCalls(request, question) ?? scene?.steps(question, earlier) ?? [];
  return replies.length > 0 ? steps : introduced(steps);
}

/** What is asked for at once, such as an error before the first word, comes without an introduction. */
function introduced(steps: readonly DemoStep[]): readonly DemoStep[] {
  const [first] = steps;
  if (first?.type !== 'text' && first?.type !== 'reasoning' && first?.type !== 'tool_call') return steps;
  const menu = first.type !== 'text' || first.text.includes(demoMenu) ? '' : ` ${demoMenu}`;
  const separator = first.type === 'text' && first.text.startsWith('#') ? '\n\n' : ' ';
  return [say(`${demoIntroduction}${menu}${separator}`), ...steps];
}

/** Rejects when aborted. The timer alone would keep a process from ending. */
async function silence(forMs: number | undefined, signal: AbortSignal): Promise<void> {
  if (forMs !== undefined) return pause(forMs, undefined, { signal });
  signal.throwIfAborted();
  await new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}

function textOf({ content }: BackendMessage): string {
  if (typeof content === 'string') return content;
  return content.map((part) => (part.type === 'text' ? part.text : '')).join(' ');
}
