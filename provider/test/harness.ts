/** What the provider's tests share: servers and LLMs that are closed after each test, and what a stream gave. */
import { initializeLogger, llm, type APIConnectOptions } from '@livekit/agents';
import { WebSocketLLM, type WebSocketLLMOptions } from 'livekit-agents-plugin-ws-llm';
import { onTestFinished } from 'vitest';
import {
  startScriptedServer,
  type Script,
  type ScriptedServer,
} from '../../test/stand-ins/scripted-server.ts';

initializeLogger({ pretty: false, level: 'silent' });

/** Fast, so that a test of retries does not wait. */
export const quick: APIConnectOptions = { maxRetry: 2, retryIntervalMs: 10, timeoutMs: 2_000 };

export async function serve(script: Script = {}): Promise<ScriptedServer> {
  const server = await startScriptedServer(script);
  onTestFinished(() => server.close());
  return server;
}

export function connect(server: { url: string }, options: Partial<WebSocketLLMOptions> = {}): WebSocketLLM {
  const model = new WebSocketLLM({ url: server.url, ...options });
  onTestFinished(() => model.aclose());
  return model;
}

/** Connected, on v1 with `ready` received. */
export async function connected(
  server: { url: string },
  options: Partial<WebSocketLLMOptions> = {},
): Promise<WebSocketLLM> {
  const model = connect(server, options);
  await model.ready();
  return model;
}

export function ask(text = 'Hello?'): llm.ChatContext {
  const chatCtx = llm.ChatContext.empty();
  chatCtx.addMessage({ role: 'user', content: text });
  return chatCtx;
}

export interface Seen {
  errors: { error: Error; recoverable: boolean }[];
  metrics: Promise<Parameters<llm.LLMCallbacks['metrics_collected']>[0]>;
}

/** Errors and the metrics of the next stream. */
export function watch(model: llm.LLM): Seen {
  const errors: Seen['errors'] = [];
  model.on('error', ({ error, recoverable }) => errors.push({ error, recoverable }));
  const metrics: Seen['metrics'] = new Promise((resolve) => model.on('metrics_collected', resolve));
  return { errors, metrics };
}

/** All texts of a stream, one by one. */
export async function textsOf(stream: llm.LLMStream): Promise<string[]> {
  const texts: string[] = [];
  for await (const chunk of stream) if (chunk.delta?.content) texts.push(chunk.delta.content);
  return texts;
}
