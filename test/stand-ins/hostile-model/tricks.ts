/**
 * What a hostile model server does with one request, by the name of the trick. Each is safe to
 * leave: it ends with its response.
 */
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { callChunks, errorChunk, finishChunks, textChunk } from './chunks.ts';
import { refuse } from './refusals.ts';

export type Dialect = 'openai' | 'ollama';

/** One request, and what was asked of the model server in it. */
export interface Exchange {
  dialect: Dialect;
  body: Buffer;
  /** The API key that came with the request. */
  key: string;
  response: ServerResponse;
  trick: string;
  /** What follows the trick's name. */
  rest: string;
  /** Whether a tool's result follows the message with the trick. */
  isAfterTools: boolean;
}

const kilobyte = 'x'.repeat(1_024);

export async function playTrick(exchange: Exchange): Promise<void> {
  const { dialect, response, trick, rest, key } = exchange;
  const write = (text: string): Promise<void> => writeTo(response, text);
  const finish = (reason?: string): void => void response.end(finishChunks(dialect, reason).join(''));
  const open = (): void => {
    const type = dialect === 'openai' ? 'text/event-stream' : 'application/x-ndjson';
    response.writeHead(200, { 'content-type': type });
    response.flushHeaders();
  };
  if (refuse(exchange)) return;
  // A second round, after a tool ran, only speaks, except for the tricks that call in every round.
  if (exchange.isAfterTools && trick !== 'calls') {
    open();
    await write(textChunk(dialect, 'Done.'));
    return finish();
  }
  switch (trick) {
    case 'hang':
      return;
    case 'slow':
      open();
      while (!response.destroyed) {
        await write(textChunk(dialect, 'word '));
        await delay(Number(rest) || 100);
      }
      return;
    case 'after':
      await delay(Number(rest));
      open();
      await write(textChunk(dialect, 'Late.'));
      return finish();
    case 'pause':
      open();
      await write(textChunk(dialect, 'Words.'));
      await delay(Number(rest));
      return finish();
    case 'flood':
      open();
      return forEver(response, textChunk(dialect, kilobyte));
    case 'error-body':
      response.writeHead(Number(rest) || 500, { 'content-type': 'application/json' });
      return endlessBody(response, '{"error":{"message":"', kilobyte.repeat(64));
    case 'error-lines':
      response.writeHead(Number(rest) || 500, { 'content-type': 'text/plain' });
      return endlessBody(response, '', `${kilobyte}\n`.repeat(64));
    case 'no-blank-line':
      open();
      return forEver(response, `data: ${kilobyte}\n`.repeat(16));
    case 'no-line-end':
      open();
      return endlessBody(response, 'data: {"', kilobyte.repeat(64));
    case 'blank-lines':
      open();
      return forEver(response, '\n'.repeat(65_536));
    case 'args':
      open();
      for (const chunk of callChunks(dialect, 'take', '{"a":"', { isOpen: true })) await write(chunk);
      return forEver(response, argumentsChunk(kilobyte.repeat(16)));
    case 'reasoning':
      open();
      return forEver(response, reasoningChunk(dialect, kilobyte));
    case 'open-thought':
      open();
      await write(textChunk(dialect, '<think>'));
      return forEver(response, textChunk(dialect, kilobyte));
    case 'spaces':
      return spaces(exchange, open, finish);
    case 'piece':
      open();
      await write(textChunk(dialect, 'x'.repeat(Number(rest))));
      return finish();
    case 'calls':
      return calls(exchange, open, finish);
    case 'call':
      open();
      for (const chunk of callChunks(dialect, rest, '{}')) await write(chunk);
      // Ollama's calls come whole, so that the tool runs while the stream goes on.
      await delay(100);
      return finish('tool_calls');
    case 'call-cut':
      open();
      for (const chunk of callChunks(dialect, rest, '{}')) await write(chunk);
      if (dialect === 'openai') await write(finishChunks(dialect, 'tool_calls')[0] ?? '');
      await delay(100);
      response.socket?.resetAndDestroy();
      return;
    case 'stays-open':
      open();
      await write(textChunk(dialect, rest));
      await write(finishChunks(dialect).join(''));
      return;
    case 'key-in-stream':
      open();
      await write(errorChunk(dialect, `Incorrect API key provided: ${key}.`));
      response.end();
      return;
    case 'key-in-line':
      open();
      await write(`${dialect === 'openai' ? 'data: ' : ''}{"error": key ${key}\n\n`);
      response.end();
      return;
    case 'line':
      open();
      await write(`${dialect === 'openai' ? 'data: ' : ''}${rest}\n\n`);
      response.end();
      return;
    default:
      open();
      await write(textChunk(dialect, trick === 'say' && rest !== '' ? rest : 'Hello.'));
      return finish();
  }
}

/** White space before the first word, in as many pieces as asked for. */
async function spaces(
  { dialect, response, rest }: Exchange,
  open: () => void,
  finish: () => void,
): Promise<void> {
  open();
  const chunk = textChunk(dialect, ' ');
  for (let left = Number(rest); left > 0 && !response.destroyed; left -= 500)
    await writeTo(response, chunk.repeat(500));
  await writeTo(response, textChunk(dialect, 'Word.'));
  finish();
}

/** `<count> <name>`: so many calls of a tool in one reply, in each round again. */
async function calls(
  { dialect, response, rest }: Exchange,
  open: () => void,
  finish: (reason?: string) => void,
): Promise<void> {
  open();
  const [count = '1', name = 'take'] = rest.split(' ');
  for (let index = 0; index < Number(count) && !response.destroyed; index += 1) {
    for (const chunk of callChunks(dialect, name, '{}', { index })) await writeTo(response, chunk);
  }
  finish('tool_calls');
}

function argumentsChunk(text: string): string {
  const delta = { tool_calls: [{ index: 0, function: { arguments: text } }] };
  return `data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason: null }] })}\n\n`;
}

function reasoningChunk(dialect: Dialect, text: string): string {
  return dialect === 'openai'
    ? `data: ${JSON.stringify({ choices: [{ index: 0, delta: { reasoning_content: text } }] })}\n\n`
    : `${JSON.stringify({ message: { role: 'assistant', content: '', thinking: text }, done: false })}\n`;
}

async function forEver(response: ServerResponse, text: string): Promise<void> {
  while (!response.destroyed) await writeTo(response, text);
}

export async function endlessBody(response: ServerResponse, start: string, more: string): Promise<void> {
  await writeTo(response, start);
  await forEver(response, more);
}

/** Waits for a reader that is behind, and gives up with the response. */
async function writeTo(response: ServerResponse, text: string): Promise<void> {
  if (response.destroyed || response.write(text)) return;
  const gone = new AbortController();
  const leave = (): void => gone.abort();
  response.once('close', leave);
  await once(response, 'drain', { signal: gone.signal }).catch(() => undefined);
  response.off('close', leave);
}
