/** Owns our built server with a persona of a test's own, in front of a real Ollama that has nothing in memory. Knows nothing of what is said. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { type PacingProxy, startPacingProxy } from '../../stand-ins/pacing-proxy/pacing-proxy.ts';
import { TestSocket } from '../../stand-ins/test-socket.ts';
import { startProcess } from './child-process.ts';
import { locateParts } from './locate-parts.ts';
import { type RunningOllama, startOllama } from './ollama.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
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
  const parts = locateParts();
  const folder = await mkdtemp(join(tmpdir(), 'ws-llm-persona-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const persona = join(folder, 'ada.md');
  await writeFile(persona, `---\ntitle: Ada\ngreeting: Hello.\n---\n${options.prompt}\n`);
  const ollama = await startOllama({
    ...parts.ollama,
    ...(options.modelsFolder !== undefined && { modelsFolder: options.modelsFolder }),
    env: { OLLAMA_DEBUG: '1', ...options.ollamaEnv },
  });
  onTestFinished(() => ollama.stop());
  const proxy = await startPacingProxy({ target: ollama.url });
  onTestFinished(() => proxy.close());
  const server = await startProcess({
    name: 'ws-llm-server',
    command: process.execPath,
    args: ['ws-llm-server/dist/main.js'],
    cwd: root,
    env: {
      PORT: '0',
      PERSONA: persona,
      LLM_BACKEND: 'ollama',
      LLM_MODEL: parts.model,
      OLLAMA_HOST: proxy.url,
      OPENAI_API_KEY: undefined,
      OPENAI_BASE_URL: undefined,
      FIRST_TOKEN_TIMEOUT_MS: patienceMs,
      IDLE_TIMEOUT_MS: patienceMs,
      ...options.env,
    },
  });
  onTestFinished(async () => void (await server.stop()));
  const line = await server.waitForLine(/chat +http:/);
  const address = line.replace(/^.*chat +/, '').replace(/\/$/, '');
  return {
    ollama,
    proxy,
    async connect() {
      const client = await TestSocket.open(`${address.replace('http', 'ws')}/`, ['ws-llm.v1']);
      await client.nextOf('ready');
      return client;
    },
    async http(method, path, body, headers = {}) {
      const response = await fetch(`${address}${path}`, {
        method,
        headers,
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      return { status: response.status, text: await response.text() };
    },
  };
}
