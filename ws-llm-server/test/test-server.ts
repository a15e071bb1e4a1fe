/** A persona server on a free port in front of a fake model, as most tests want it. */
import type { SharedLimits } from '@ws-llm/protocol';
import type { ClientOptions } from 'ws';
import { onTestFinished } from 'vitest';
import { FakeModel } from '../../test/stand-ins/model/fake-model.ts';
import { TestSocket } from '../../test/stand-ins/test-socket.ts';
import type { Backend } from '../src/backend.ts';
import { OllamaBackend } from '../src/backends/ollama-backend.ts';
import type { TurnLimits } from '../src/context/turns.ts';
import type { AdmissionPolicy } from '../src/http/admission.ts';
import type { ConnectionLimits } from '../src/limits.ts';
import type { Logger } from '../src/logger.ts';
import type { Persona } from '../src/personas/persona.ts';
import type { Personas } from '../src/personas/personas.ts';
import { createPersonaServer } from '../src/server.ts';

export const testPersona: Persona = {
  card: { name: 'tester', title: 'Tester', greeting: 'Hello.', suggestions: ['Say hi'] },
  prompt: 'You are a test.',
  params: {},
};

export interface TestServer {
  url: string;
  port: number;
  model: FakeModel;
  plain: (options?: ClientOptions) => Promise<TestSocket>;
  /** `ready` is read already. */
  v1: (options?: ClientOptions) => Promise<TestSocket>;
  /** Stops the server as a signal does. */
  stop: (graceMs: number) => Promise<void>;
}

export interface TestServerOptions {
  limits?: Partial<ConnectionLimits>;
  sharedLimits?: Partial<SharedLimits>;
  logger?: Logger;
  turnLimits?: TurnLimits;
  policy?: AdmissionPolicy;
  backend?: (model: FakeModel) => Backend;
  /** Default: one that has nothing but a prompt. */
  persona?: Persona | Personas;
  page?: string;
}

/** Everything is closed when the test ends. */
export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const model = await FakeModel.start();
  const backend =
    options.backend?.(model) ?? new OllamaBackend({ host: model.ollamaHost, model: 'fake-model' });
  const server = createPersonaServer({
    backend,
    persona: options.persona ?? testPersona,
    page: options.page ?? '<!doctype html><title>chat</title>',
    turnLimits: options.turnLimits ?? { turns: 20, chars: 12_000 },
    ...(options.limits !== undefined && { limits: options.limits }),
    ...(options.sharedLimits !== undefined && { sharedLimits: options.sharedLimits }),
    ...(options.logger !== undefined && { logger: options.logger }),
    ...(options.policy !== undefined && { policy: options.policy }),
  });
  const { port } = await server.listen(0, '127.0.0.1');
  const url = `ws://127.0.0.1:${port}/`;
  let stopped: Promise<void> | undefined;
  onTestFinished(async () => {
    await (stopped ??= server.close());
    await model.close();
  });
  return {
    url,
    port,
    model,
    stop: (graceMs) => (stopped ??= server.close(graceMs)),
    plain: (clientOptions) => TestSocket.open(url, [], clientOptions),
    async v1(clientOptions) {
      const socket = await TestSocket.open(url, ['ws-llm.v1'], clientOptions);
      await socket.nextOf('ready');
      return socket;
    },
  };
}

export function user(content: string): { role: 'user'; content: string } {
  return { role: 'user', content };
}
