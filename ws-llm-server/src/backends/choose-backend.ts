/**
 * Which model answers: what LLM_BACKEND says, else OpenAI where it is configured, else an Ollama that has a model, else the demo.
 * Tells why, in words for the first screen.
 */
import type { Backend } from '../backend.ts';
import { DemoBackend } from './demo-backend.ts';
import { OllamaBackend } from './ollama-backend.ts';
import { OpenAIBackend } from './openai-backend.ts';

export interface BackendConfig {
  /** Undefined: choose. */
  backend: 'openai' | 'ollama' | 'demo' | undefined;
  /** Undefined: the first that the backend lists; at OpenAI itself, a small quick one. */
  model: string | undefined;
  openAIKey: string | undefined;
  openAIBaseUrl: string | undefined;
  ollamaHost: string;
  /** As Ollama writes it: `30m`. */
  ollamaKeepAlive: string;
}

export interface ChosenBackend {
  backend: Backend;
  why: string;
}

const openAIAddress = 'https://api.openai.com/v1';
/** OpenAI lists dozens of models, many of which do not chat: the first would be a lottery. */
const openAIModel = 'gpt-4o-mini';
/** Long enough for a model server on this machine or the next; a start must not hang on one that is away. */
const probeMs = 1_500;

/** Never fails for a model that is away: it may come later, and a request says what is wrong until then. */
export async function chooseBackend(config: BackendConfig): Promise<ChosenBackend> {
  const chosen = await choose(config);
  await knowModel(chosen.backend);
  return chosen;
}

async function choose(config: BackendConfig): Promise<ChosenBackend> {
  const { openAIKey, openAIBaseUrl, ollamaHost } = config;
  switch (config.backend) {
    case 'openai':
      return { backend: openAI(config), why: 'LLM_BACKEND says so' };
    case 'ollama':
      return { backend: ollama(config), why: 'LLM_BACKEND says so' };
    case 'demo':
      return { backend: new DemoBackend(), why: 'LLM_BACKEND says so' };
    case undefined:
      if (openAIBaseUrl !== undefined) return { backend: openAI(config), why: 'OPENAI_BASE_URL is set' };
      if (openAIKey !== undefined) return { backend: openAI(config), why: 'OPENAI_API_KEY is set' };
      return chooseLocal(ollama(config), ollamaHost);
  }
}

async function chooseLocal(backend: OllamaBackend, host: string): Promise<ChosenBackend> {
  const models = await backend.listModels(AbortSignal.timeout(probeMs)).catch(() => undefined);
  if (models !== undefined && models.length > 0) {
    return {
      backend,
      why: `Ollama answers at ${host} and has ${models.length === 1 ? 'a model' : 'models'}`,
    };
  }
  const ollamaState =
    models === undefined
      ? `no Ollama answers at ${host}`
      : `Ollama at ${host} has no model (ollama pull llama3.2)`;
  return {
    backend: new DemoBackend(),
    why: `no LLM_BACKEND, no OPENAI_API_KEY, and ${ollamaState}`,
  };
}

function openAI({ openAIKey, openAIBaseUrl, model }: BackendConfig): OpenAIBackend {
  return new OpenAIBackend({
    apiKey: openAIKey ?? '',
    baseUrl: openAIBaseUrl ?? openAIAddress,
    model: model ?? (openAIBaseUrl === undefined ? openAIModel : undefined),
  });
}

function ollama({ ollamaHost, ollamaKeepAlive, model }: BackendConfig): OllamaBackend {
  return new OllamaBackend({ host: ollamaHost, model, keepAlive: ollamaKeepAlive });
}

async function knowModel(backend: Backend): Promise<void> {
  if (backend instanceof OpenAIBackend || backend instanceof OllamaBackend) {
    await backend.chooseModel(AbortSignal.timeout(probeMs)).catch(() => undefined);
  }
}
