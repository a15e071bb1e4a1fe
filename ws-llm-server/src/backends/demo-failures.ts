/** The ways in which the demo can fail when it is asked to, each as a model would. Pure. */
import { BackendError } from '../backend.ts';
import { type DemoStep, say } from './demo-reply.ts';

const words =
  /\berrors?\b|\bfail\b|\bbreak off\b|\brate limit\b|\b(?:be|go) silent\b|\btime ?out\b|\bunavailable\b|\boverloaded\b|\bcontent filter\b/i;

/**
 * Whether `question` asks for a failure; none of the words is how people describe their troubles.
 */
export function asksForFailure(question: string): boolean {
  return words.test(question) || followed(question, /\bcontext\b/i, /\blong\b/i);
}

/** Whether `second` follows `first`. `first.*second` as one pattern would be quadratic. */
export function followed(text: string, first: RegExp, second: RegExp): boolean {
  const found = first.exec(text);
  return found !== null && second.test(text.slice(found.index + found[0].length));
}

const ways: readonly { about: RegExp; steps: DemoStep[] }[] = [
  {
    about: /rate limit/i,
    steps: [
      fail('rate_limited', 'The demo was asked for a rate limit. Ask again in five seconds.', {
        retryable: true,
        retryAfterMs: 5_000,
      }),
    ],
  },
  {
    about: /unavailable|overloaded/i,
    steps: [
      fail('backend_unavailable', 'The demo was asked to be away. Ask for something else.', {
        retryable: true,
      }),
    ],
  },
  {
    about: /context|too long/i,
    steps: [fail('context_too_long', 'The demo was asked for too much text. Ask for something else.')],
  },
  { about: /silent|time ?out/i, steps: [{ type: 'silence', forMs: undefined }] },
  { about: /break off/i, steps: [say('This reply breaks off in the middle of'), { type: 'cut' }] },
  {
    about: /content filter/i,
    steps: [say('I will not say'), { type: 'finish', reason: 'content_filter' }],
  },
  {
    about: /middle|half ?way|after/i,
    steps: [
      say('This reply fails in the middle of'),
      fail('backend_failed', 'The demo was asked to fail in the middle. Ask for something else.'),
    ],
  },
  {
    about: /(?:)/,
    steps: [
      fail('backend_failed', 'The demo was asked for an error, and this is one. Ask for something else.'),
    ],
  },
];

/** The way that the question names; else an error before the first word. */
export function demoFailure(question: string): DemoStep[] {
  return ways.find(({ about }) => about.test(question))?.steps ?? [];
}

function fail(
  code: BackendError['code'],
  message: string,
  options: { retryable: boolean; retryAfterMs?: number } = { retryable: false },
): DemoStep {
  return { type: 'fail', error: new BackendError(code, message, options) };
}
