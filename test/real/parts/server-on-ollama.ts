/** Owns our built server with a persona of a test's own, in front of a real Ollama that has nothing in memory. Knows nothing of what is said. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type PacingProxy, startPacingProxy } from '../../stand-ins/pacing-proxy/pacing-proxy.ts';
import type { TestSocket } from '../../stand-ins/test-socket.ts';
import { ollamaBackend } from './backend-environment.ts';
import { locateParts } from './locate-parts.ts';
import { type RunningOllama, startOllama } from './ollama.ts';
import { startOurServer } from './our-server.ts';
import { startTogether } from './started-parts.ts';

/** A machine that does other things too may take long for a first word. */
const patienceMs = '200000';

export interface ServerOnOllama {
  ollama: RunningOllama;
  /** Sees every chat that the server asks for. */
  proxy: PacingProxy;
  /** A v1 client that has read its `ready`. */
  connect: () => Promise<TestSocket>;
  http: (
    method: string,
    path: string,
    body?: object,
    headers?: Record<string, string>,
  ) => Promise<{ status: number; text: string }>;
}

export interface ServerOnOllamaOptions {
  /** The persona's. */
  prompt: string;
  /** Of the server, beside what makes it speak to this Ollama. */
  env?: Record<string, string>;
  /** Of Ollama. */
  ollamaEnv?: Record<string, string>;
  /** Default: the one with the small model. */
  modelsFolder?: string;
}

/** Everything is stopped when the test ends. Ollama logs how much it reads of each prompt. */
export async function startServerOnOllama(options: ServerOnOllamaOptions): Promise<ServerOnOllama> {
  const whole = await startTogether(async (started) => {
    const folder = await mkdtemp(join(tmpdir(), 'ws-llm-persona-'));
    started.later(() => rm(folder, { recursive: true, force: true }));
    const persona = join(folder, 'ada.md');
    await writeFile(persona, `---\ntitle: Ada\ngreeting: Hello.\n---\n${options.prompt}\n`);
    const ollama = started.add(
      await startOllama({
        ...locateParts().ollama,
        ...(options.modelsFolder !== undefined && { modelsFolder: options.modelsFolder }),
        env: { OLLAMA_DEBUG: '1', ...options.ollamaEnv },
      }),
    );
    const proxy = started.add(await startPacingProxy({ target: ollama.url }));
    const server = started.add(
      await startOurServer({
        ...ollamaBackend(proxy.url),
        PERSONA: persona,
        FIRST_TOKEN_TIMEOUT_MS: patienceMs,
        IDLE_TIMEOUT_MS: patienceMs,
        ...options.env,
      }),
    );
    return { ollama, proxy, server };
  });
  onTestFinished(() => whole.stop());
  const { ollama, proxy, server } = whole;
  return {
    ollama,
    proxy,
    connect: () => server.connect(),
    async http(method, path, body, headers = {}) {
      const response = await fetch(new URL(path, server.pageUrl), {
        method,
        headers,
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      return { status: response.status, text: await response.text() };
    },
  };
}
