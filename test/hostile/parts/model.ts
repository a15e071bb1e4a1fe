/** The hostile model server's process, as a test uses it. */
import { fileURLToPath } from 'node:url';
import type { ModelCounts } from '../../stand-ins/hostile-model/hostile-model.ts';
import { Child } from './child.ts';
import type { FromModel, ToModel } from './model-process.ts';

type Answer<Type extends FromModel['type']> = Extract<FromModel, { type: Type }>;

/**
 * What answers: this model in one dialect or in two, the demo, or what the environment says by
 * itself.
 */
export type BackendName = 'openai' | 'ollama' | 'both' | 'demo' | 'none';

let shared: Promise<Model> | undefined;

export class Model {
  readonly #child: Child;
  readonly port: number;
  /** As it was asked last, for a server that is watched. */
  counts: ModelCounts = { open: 0, mostOpen: 0, requests: 0, sockets: 0 };

  private constructor(child: Child, port: number) {
    this.#child = child;
    this.port = port;
  }

  /**
   * One for all tests of a file, one after the other; it is as new for each, and ends with the
   * process.
   */
  static async shared(): Promise<Model> {
    shared ??= Model.#start();
    const model = await shared;
    await model.#ask({ type: 'reset' });
    model.counts = { open: 0, mostOpen: 0, requests: 0, sockets: 0 };
    return model;
  }

  static async #start(): Promise<Model> {
    const child = new Child({ script: fileURLToPath(new URL('model-process.ts', import.meta.url)) });
    return new Model(child, Number(await child.says(/port (\d+)/)));
  }

  /** For a server that is to ask this model. */
  environment(backend: BackendName): Record<string, string> {
    const address = `http://127.0.0.1:${this.port}`;
    const model = { LLM_MODEL: 'hostile-model' };
    switch (backend) {
      case 'openai':
        return { LLM_BACKEND: 'openai', OPENAI_BASE_URL: `${address}/v1`, ...model };
      case 'ollama':
        return { LLM_BACKEND: 'ollama', OLLAMA_HOST: address, ...model };
      case 'both':
        return {
          LLM_BACKEND: 'ollama,openai',
          OLLAMA_HOST: address,
          OPENAI_BASE_URL: `${address}/v1`,
          LLM_MODEL: 'hostile-model,hostile-model',
        };
      case 'demo':
        return { LLM_BACKEND: 'demo' };
      case 'none':
        return {};
    }
  }

  async count(): Promise<ModelCounts> {
    const { counts } = await this.#ask<Answer<'counts'>>({ type: 'counts' });
    this.counts = counts;
    return counts;
  }

  /** The last requests for replies; `set({keptBodies})` first. */
  async bodies(): Promise<string[]> {
    return (await this.#ask<Answer<'bodies'>>({ type: 'bodies' })).bodies;
  }

  async set(settings: Omit<Extract<ToModel, { type: 'settings' }>, 'type'>): Promise<void> {
    await this.#ask<Answer<'settings'>>({ type: 'settings', ...settings });
  }

  #ask<Type extends FromModel>(question: ToModel): Promise<Type> {
    return this.#child.ask<Type>(question, question.type);
  }
}
