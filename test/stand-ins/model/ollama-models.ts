/** The models of the fake Ollama: which are in memory, what they can, and how one is downloaded. Knows no chat. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text as readText } from 'node:stream/consumers';
import { answerJson, parseJsonObject } from './json-body.ts';

/** One line of a download, as Ollama sends it. */
export interface PullStep {
  status?: string;
  total?: number;
  completed?: number;
  error?: string;
}

/** A download as the fake saw it. */
export interface SeenPull {
  model: string;
  /** Resolves when it is over: `client` where the client left before its end. */
  closed: Promise<'model' | 'client'>;
  /** Sends the last line and what comes with it. */
  finish: () => void;
}

export interface OllamaModelsOptions {
  names: string[];
  /** What a model in memory was loaded to take; undefined: this Ollama does not tell. */
  contextTokens: () => number | undefined;
}

export class OllamaModels {
  /** Names of those in memory. */
  readonly loaded = new Set<string>();
  /** Bodies of every load and unload, in order. */
  readonly loads: Record<string, unknown>[] = [];
  readonly pulls: SeenPull[] = [];
  capabilities: string[] | undefined = ['completion', 'tools'];
  /** What a download says before its last line, which `finish` sends, or which comes by itself. */
  pullSteps: PullStep[] = [
    { status: 'pulling manifest' },
    { status: 'pulling 0123456789ab', total: 1_000, completed: 400 },
    { status: 'pulling 0123456789ab', total: 1_000, completed: 1_000 },
  ];
  /** True: a download ends when it is told to. */
  isPullHeld = false;
  readonly #options: OllamaModelsOptions;

  constructor(options: OllamaModelsOptions) {
    this.#options = options;
  }

  /** False where the path is none of its own. */
  answer(request: IncomingMessage, response: ServerResponse): boolean {
    switch (request.url) {
      case '/api/ps':
        answerJson(response, 200, { models: [...this.loaded].map((name) => this.#inMemory(name)) });
        return true;
      case '/api/generate':
        void this.#body(request).then((body) => this.#load(body, response));
        return true;
      case '/api/show':
        answerJson(response, 200, { capabilities: this.capabilities });
        return true;
      case '/api/pull':
        void this.#body(request).then((body) => this.#pull(String(body['model']), response));
        return true;
      default:
        return false;
    }
  }

  async #body(request: IncomingMessage): Promise<Record<string, unknown>> {
    return parseJsonObject(await readText(request).catch(() => '')) ?? {};
  }

  #inMemory(name: string): object {
    const contextLength = this.#options.contextTokens();
    return { name, model: name, ...(contextLength !== undefined && { context_length: contextLength }) };
  }

  #load(body: Record<string, unknown>, response: ServerResponse): void {
    const name = String(body['model']);
    this.loads.push(body);
    if (!this.#options.names.includes(name)) {
      return answerJson(response, 404, { error: `model '${name}' not found` });
    }
    const unloads = body['keep_alive'] === 0;
    if (unloads) this.loaded.delete(name);
    else this.loaded.add(name);
    return answerJson(response, 200, { model: name, done: true, done_reason: unloads ? 'unload' : 'load' });
  }

  #pull(model: string, response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'application/x-ndjson' });
    const send = (step: PullStep): void => void response.write(`${JSON.stringify(step)}\n`);
    let ended = false;
    const finish = (): void => {
      ended = true;
      if (!this.#options.names.includes(model)) this.#options.names.push(model);
      send({ status: 'success' });
      response.end();
    };
    const closed = new Promise<'model' | 'client'>((resolve) => {
      response.once('close', () => resolve(ended ? 'model' : 'client'));
    });
    this.pulls.push({ model, closed, finish });
    for (const step of this.pullSteps) send(step);
    // An error is the last that Ollama says.
    if (this.pullSteps.some(({ error }) => error !== undefined)) {
      ended = true;
      response.end();
    } else if (!this.isPullHeld) finish();
  }
}
