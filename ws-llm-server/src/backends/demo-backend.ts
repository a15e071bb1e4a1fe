/**
 * Answers without a model, from a script, so that a page or an agent can be built and tried before one is chosen: it shows every kind of
 * frame when it is asked for it. Says what it is in its first reply. Paced like a quick model; stops at once when aborted.
 */
import { setTimeout as pause } from 'node:timers/promises';
import {
  type Backend,
  BackendError,
  type BackendListener,
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
import { unlessAborted } from './unless-aborted.ts';

const msBeforeFirstWord = 120;
const msPerWord = 30;
/** How much of a question the demo reads, in UTF-16 units: its patterns must stay fast. */
const maxReadChars = 2_000;

export class DemoBackend implements Backend {
  readonly name = 'demo';
  readonly model = 'demo-script';
  readonly #slowness: number;

  /** Every pause lasts `slowness` times as long as usual. Default 1; 0 makes none. */
  constructor({ slowness = 1 }: { slowness?: number } = {}) {
    this.#slowness = slowness;
  }

  /** A word counts as a token. */
  async reply(request: BackendRequest, { signal, onEvent }: BackendListener): Promise<void> {
    this.#check(request);
    let words = 0;
    let called = false;
    await this.#pause(msBeforeFirstWord, signal);
    for (const step of replyTo(request)) {
      switch (step.type) {
        case 'text':
        case 'reasoning':
          for (const text of step.text.match(/^\s*\S+\s*|\S+\s*/g) ?? []) {
            if (words === request.params.maxTokens) return onEvent({ type: 'finish', reason: 'length' });
            words += 1;
            onEvent({ type: step.type, text });
            await this.#pause(step.wordMs ?? msPerWord, signal);
          }
          break;
        case 'tool_call':
          called = true;
          onEvent(step);
          break;
        case 'silence':
          await this.#pause(step.forMs, signal);
          break;
        case 'fail':
          throw step.error;
        case 'cut':
          return;
        case 'finish':
          return onEvent(step);
      }
    }
    onEvent({ type: 'finish', reason: called ? 'tool_calls' : 'stop' });
  }

  /** There is nothing to load, and nothing that reads ahead. */
  async warm(request: BackendRequest): Promise<BackendWarmth> {
    this.#check(request);
    return {};
  }

  async models(): Promise<ModelInfo[]> {
    return [{ name: this.model, loaded: true }];
  }

  /** @param forMs undefined: until the abort */
  async #pause(forMs: number | undefined, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (forMs === undefined) await unlessAborted(new Promise<never>(() => undefined), signal);
    else if (this.#slowness > 0) await pause(forMs * this.#slowness, undefined, { signal });
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
  const asked = messages
    .filter(({ role }) => role === 'user')
    .map(textOf)
    .toReversed();
  const [question = '', ...earlier] = asked.map((text) => text.slice(0, maxReadChars));
  const replies = messages.filter(({ role }) => role === 'assistant').map(textOf);
  const feeling = demoFeeling(
    (asked[0] ?? '').slice(-2 * maxReadChars),
    (replies.at(-1) ?? '').slice(-maxReadChars),
  );
  if (feeling !== undefined) return [say(feeling)];
  const scene = demoScenes.find(({ about }) => about.test(question));
  const steps =
    demoResults(messages) ?? demoCalls(request, question) ?? scene?.steps(question, earlier) ?? [];
  return replies.length > 0 ? steps : introduced(steps, scene?.urgent === true);
}

/** An introduction stands before the first words, where there are any. */
function introduced(steps: readonly DemoStep[], last: boolean): readonly DemoStep[] {
  const at = steps.findIndex(({ type }) => type === 'text');
  const first = steps[at];
  if (first?.type !== 'text') return steps;
  const words = first.text.includes(demoMenu) ? demoIntroduction : `${demoIntroduction} ${demoMenu}`;
  if (last) return [...steps, say(` ${words}`)];
  return [
    ...steps.slice(0, at),
    say(`${words}${first.text.startsWith('#') ? '\n\n' : ' '}`),
    ...steps.slice(at),
  ];
}

function textOf({ content }: BackendMessage): string {
  if (typeof content === 'string') return content;
  return content.map((part) => (part.type === 'text' ? part.text : '')).join(' ');
}
