/** Pieces of a reply as the two dialects send them. Pure. */
import type { Dialect } from './tricks.ts';

interface CallOptions {
  index?: number;
  /** The arguments go on in later pieces. */
  isOpen?: boolean;
}

export function textChunk(dialect: Dialect, content: string): string {
  return dialect === 'openai' ? openAI({ content }) : ollama({ role: 'assistant', content });
}

export function callChunks(
  dialect: Dialect,
  name: string,
  args: string,
  { index = 0, isOpen = false }: CallOptions = {},
): string[] {
  if (dialect === 'openai') {
    const called = { index, id: `call_${index}`, type: 'function', function: { name, arguments: args } };
    return [openAI({ tool_calls: [called] })];
  }
  const given = isOpen ? {} : (JSON.parse(args) as unknown);
  const message = { role: 'assistant', content: '', tool_calls: [{ function: { name, arguments: given } }] };
  return [ollama(message)];
}

/** The finish reason, then the dialect's end marker. */
export function finishChunks(dialect: Dialect, reason = 'stop'): string[] {
  if (dialect === 'openai') return [openAI({}, reason), 'data: [DONE]\n\n'];
  const end = { model: 'hostile-model', message: { role: 'assistant', content: '' }, done: true };
  const doneReason = reason === 'tool_calls' ? 'stop' : reason;
  return [`${JSON.stringify({ ...end, done_reason: doneReason, prompt_eval_count: 11, eval_count: 3 })}\n`];
}

export function errorChunk(dialect: Dialect, message: string): string {
  if (dialect === 'openai')
    return `data: ${JSON.stringify({ error: { message, type: 'server_error' } })}\n\n`;
  return `${JSON.stringify({ error: message })}\n`;
}

function openAI(delta: object, finishReason: string | null = null): string {
  const choices = [{ index: 0, delta, finish_reason: finishReason }];
  const head = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'hostile-model' };
  return `data: ${JSON.stringify({ ...head, choices })}\n\n`;
}

function ollama(message: object): string {
  return `${JSON.stringify({ model: 'hostile-model', message, done: false })}\n`;
}
