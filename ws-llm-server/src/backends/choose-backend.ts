/**
 * Which model answers: what LLM_BACKEND says, else OpenAI where it is configured, else an Ollama that has a model, else the demo.
 * Puts around it what every backend needs: contexts that fit, warming when idle, a next one where several are named. Tells why, in
 * words for the first screen.
 */
import type { Backend } from '../backend.ts';
import type { BackendChoice } from './backend-choice.ts';
import { loadBackendModule } from './backend-module.ts';
import { DemoBackend } from './demo-backend.ts';
import { type FailedBackend, FailoverBackend } from './failover-backend.ts';
import type { ContractOptions } from './foreign-guard.ts';
import { ModelAddress } from './model-address.ts';
import { OllamaBackend } from './ollama-backend.ts';
import { OpenAIBackend } from './openai-backend.ts';
import { markLayered, withStandardLayers } from './standard-layers.ts';

export interface BackendConfig {
  /** In order of preference: the next answers where one does not. Empty: choose. */
  backends: readonly BackendChoice[];
  /** Of a backend that is chosen. */
  model: string | undefined;
  /** How long each of several but the last may take to begin its answer, in milliseconds. */
  failoverAfterMs: number;
  openAIKey: string | undefined;
  openAIBaseUrl: string | undefined;
  ollamaHost: string;
  /** As Ollama writes it: `30m`. */
  ollamaKeepAlive: string;
  /** In tokens; undefined: the model's own, or Ollama's. */
  ollamaNumCtx: number | undefined;
}

export interface ChosenBackend {
  backend: Backend;
  why: string;
}

export interface ChooseOptions {
  /** Hears of each failure of one backend that another is to make good. */
  onFailover?: (failure: FailedBackend) => void;
  /** Hears why a backend that was asked for does not answer at the start. */
  onAway?: (backend: Backend, error: unknown) => void;
  /** Called when a backend module breaks its contract without failing a reply. */
  onFault?: ContractOptions['onFault'];
}

type OnAway = NonNullable<ChooseOptions['onAway']>;

const openAIAddress = 'https://api.openai.com/v1';
/** OpenAI lists dozens of models, many of which do not chat: the first would be a lottery. */
const openAIModel = 'gpt-4o-mini';
/** Long enough for a model server on this machine or the next; a start must not hang on one that is away. */
const probeMs = 1_500;
/** For what nobody waits for. */
const unhurriedMs = 15_000;

/**
 * Never fails for a model that is away: it may come later, and a request says what is wrong until then.
 * @throws BackendModuleError for a module that is no backend
 */
export async function chooseBackend(
  config: BackendConfig,
  { onFailover, onAway = () => undefined, onFault = () => undefined }: ChooseOptions = {},
): Promise<ChosenBackend> {
  const { backends, openAIKey, openAIBaseUrl, model } = config;
  const open = (choice: BackendChoice): Promise<Backend> => openChoice(choice, config, { onAway, onFault });
  if (backends.length > 0) {
    const named = await Promise.all(backends.map(open));
    return { backend: asOne(named, config.failoverAfterMs, onFailover), why: 'LLM_BACKEND says so' };
  }
  if (openAIBaseUrl !== undefined) {
    return { backend: await open({ kind: 'openai', model }), why: 'OPENAI_BASE_URL is set' };
  }
  if (openAIKey !== undefined) {
    return { backend: await open({ kind: 'openai', model }), why: 'OPENAI_API_KEY is set' };
  }
  return chooseLocal(config, onAway);
}

async function chooseLocal(config: BackendConfig, onAway: OnAway): Promise<ChosenBackend> {
  const { model } = config;
  const { shown: host } = new ModelAddress(config.ollamaHost);
  const ollama = openOllama(config, model);
  const models = await ollama.listModels(AbortSignal.timeout(probeMs)).catch(() => undefined);
  if (models !== undefined && models.length > 0) {
    return {
      backend: await readyOllama(ollama, onAway),
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

async function openChoice(
  choice: BackendChoice,
  config: BackendConfig,
  { onAway, onFault }: Required<Pick<ChooseOptions, 'onAway' | 'onFault'>>,
): Promise<Backend> {
  switch (choice.kind) {
    case 'openai':
      return readyOpenAI(openOpenAI(config, choice.model), onAway);
    case 'ollama':
      return readyOllama(openOllama(config, choice.model), onAway);
    case 'demo':
      return new DemoBackend();
    case 'module':
      return withStandardLayers(await loadBackendModule(choice.path, { model: choice.model, onFault }));
  }
}

function openOpenAI({ openAIKey, openAIBaseUrl }: BackendConfig, model: string | undefined): OpenAIBackend {
  return new OpenAIBackend({
    apiKey: openAIKey ?? '',
    baseUrl: openAIBaseUrl ?? openAIAddress,
    model: model ?? (openAIBaseUrl === undefined ? openAIModel : undefined),
  });
}

function openOllama(config: BackendConfig, model: string | undefined): OllamaBackend {
  const { ollamaHost: host, ollamaKeepAlive: keepAlive, ollamaNumCtx: numCtx } = config;
  return new OllamaBackend({ host, model, keepAlive, numCtx });
}

/** Knows its model already, where its server is there to be asked. Where nothing has to be learnt, nobody waits for the answer. */
async function readyOpenAI(backend: OpenAIBackend, onAway: OnAway): Promise<Backend> {
  const waits = backend.model === undefined;
  const met = backend
    .meetModel(AbortSignal.timeout(waits ? probeMs : unhurriedMs))
    .catch((error: unknown) => onAway(backend, error));
  if (waits) await met;
  return withStandardLayers(backend);
}

/** And what it can. */
async function readyOllama(backend: OllamaBackend, onAway: OnAway): Promise<Backend> {
  await backend.meetModel(AbortSignal.timeout(probeMs)).catch((error: unknown) => onAway(backend, error));
  return withStandardLayers(backend);
}

function asOne(
  backends: readonly Backend[],
  afterMs: number,
  onFailure: ChooseOptions['onFailover'],
): Backend {
  const [first] = backends;
  if (first !== undefined && backends.length === 1) return first;
  return markLayered(
    new FailoverBackend({ backends, afterMs, ...(onFailure !== undefined && { onFailure }) }),
  );
}
