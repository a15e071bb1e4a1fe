/** Owns the environment in which our server asks a model that a test has started, and no other. Knows nothing of how the server is started. */
import type { FakeModel } from '../../stand-ins/model/fake-model.ts';
import type { Environment } from './child-process.ts';
import { locateParts } from './locate-parts.ts';

/** Whatever somebody has set for themselves. */
export const noBackend = {
  LLM_BACKEND: undefined,
  LLM_MODEL: undefined,
  OPENAI_API_KEY: undefined,
  OPENAI_BASE_URL: undefined,
  OLLAMA_HOST: undefined,
} satisfies Environment;

/** The small model, at this address of an Ollama or of something in front of it. */
export function ollamaBackend(url: string): Environment {
  return { ...noBackend, LLM_BACKEND: 'ollama', LLM_MODEL: locateParts().model, OLLAMA_HOST: url };
}

/** A model that says what it is told. */
export function fakeModelBackend({ openAIBaseUrl }: FakeModel): Environment {
  return {
    ...noBackend,
    LLM_BACKEND: 'openai',
    LLM_MODEL: 'fake-model',
    OPENAI_BASE_URL: openAIBaseUrl,
  };
}
