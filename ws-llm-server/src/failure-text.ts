/**
 * The one place that writes the text of a failure for a client or the log: our own message and at
 * most 300 characters of the model server's words, on one line, without secrets, markup, or parts
 * of the request. Imports the Backend interface and files without imports.
 */
import { BackendError, type BackendMessage, type BackendRequest } from './backend.ts';
import { maskSecrets } from './mask-secrets.ts';
import { withoutEchoes } from './text-echoes.ts';
import { detailsOf, messageOf } from './thrown.ts';

export interface FailureContext {
  /** The request that failed, if there was one: none of it is repeated. */
  request?: BackendRequest | undefined;
  /** Other texts that were sent to the model, such as results of the persona's tools. */
  alsoSent?: readonly string[];
  /** See `Backend.secrets`. */
  secrets?: readonly string[] | undefined;
}

/** Limits in UTF-16 units. Our own message may name twenty models. */
const maxMessageChars = 2_000;
const maxSaidChars = 300;
/** How much of the server's words is searched for parts of the request. */
const maxSearchedChars = 4_000;

/** One line about `thrown`, whatever it is, at most about 2,300 characters. Never throws. */
export function failureText(thrown: unknown, context: FailureContext = {}): string {
  if (!(thrown instanceof BackendError)) return saidText(messageOf(thrown), context);
  const { failures = [thrown] } = thrown;
  const share = Math.floor(maxSaidChars / failures.length);
  const texts = failures.map((failure) => textOf(failure, context, share));
  return texts.map((text, index) => (index < texts.length - 1 ? sentence(text) : text)).join(' ');
}

/**
 * Log fields for an error that is not a BackendError: the line, and the stack without its first
 * lines, which repeat the message.
 */
export function faultDetails(
  thrown: unknown,
  context: FailureContext = {},
): { reason: string; stack?: string } {
  const { stack } = detailsOf(thrown);
  const places = stack?.split('\n').filter((line) => /^\s+at /.test(line));
  const reason = failureText(thrown, context);
  return places === undefined ? { reason } : { reason, stack: places.join('\n') };
}

/** `text` on one line: control characters and white space become single spaces. */
export function oneLine(text: string, maxChars: number): string {
  // Cut first: the text may be megabytes of white space.
  const line = text.slice(0, 16 * maxChars).replaceAll(/[\s\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]+/gu, ' ');
  return cut(line.trim(), maxChars);
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

function textOf({ message, said }: BackendError, context: FailureContext, maxChars: number): string {
  const ours = oneLine(maskSecrets(message, context.secrets), maxMessageChars);
  const theirs = said === undefined ? '' : saidText(said, context, maxChars);
  if (theirs === '') return ours;
  return /[.!?]$/.test(ours) ? `${ours} It said: ${theirs}` : `${ours}: ${theirs}`;
}

/** The words of a server or of code that is not ours. */
function saidText(
  said: string,
  { request, alsoSent = [], secrets }: FailureContext,
  maxChars = maxSaidChars,
): string {
  // Mask first: a later step may cut a secret in two.
  const masked = maskSecrets(said, secrets);
  if (isPage(masked)) return 'a page of markup';
  const searched = masked.slice(0, maxSearchedChars);
  const sources = request === undefined ? alsoSent : [...sentTexts(request), ...alsoSent];
  const told = withoutEchoes(searched, sources);
  // A repeated run at the cut may be too short to be found.
  const whole = searched.length < masked.length ? told.slice(0, -24) : told;
  return oneLine(maskSecrets(withoutTags(whole), secrets), maxChars);
}

function isPage(text: string): boolean {
  return /^\s{0,100}<[!?a-z]/i.test(text) || /<(?:!doctype|html|head|body|title)\b/i.test(text);
}

function withoutTags(text: string): string {
  return text.replaceAll(/<[!/?a-z][^<>]{0,200}>/gi, ' ').replaceAll(/<(?=[!/?a-z])/gi, '');
}

/** Never inside a surrogate pair. */
function cut(text: string, maxChars: number): string {
  if (text.length <= maxChars) return text;
  const isHigh = /[\ud800-\udbff]/.test(text[maxChars - 2] ?? '');
  return `${text.slice(0, maxChars - (isHigh ? 2 : 1))}…`;
}

/** Every text of the request: prompt, messages, calls, results, tools. */
function* sentTexts({ messages, tools = [], params }: BackendRequest): Generator<string> {
  for (const message of messages) yield* messageTexts(message);
  for (const { name, description = '', parameters } of tools) {
    yield name;
    yield description;
    if (parameters !== undefined) yield JSON.stringify(parameters);
  }
  yield* [params.stop ?? []].flat();
}

function* messageTexts(message: BackendMessage): Generator<string> {
  const { content } = message;
  if (typeof content === 'string') yield content;
  else for (const part of content) yield part.type === 'text' ? part.text : part.image_url.url;
  if (message.role !== 'assistant') return;
  for (const { name, arguments: args } of message.toolCalls ?? []) {
    yield name;
    yield args;
  }
}
