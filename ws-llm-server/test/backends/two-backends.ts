/** Two fake models behind one backend: the first one speaks Ollama, the second OpenAI. */
import { onTestFinished } from 'vitest';
import { FakeModel } from '../../../test/stand-ins/model/fake-model.ts';
import { FailoverBackend } from '../../src/backends/failover-backend.ts';
import { OllamaBackend } from '../../src/backends/ollama-backend.ts';
import { OpenAIBackend } from '../../src/backends/openai-backend.ts';

interface TwoBackends {
  first: FakeModel;
  second: FakeModel;
  backend: FailoverBackend;
  failures: [string, string][];
}

export async function startTwo({ afterMs = 60_000, restMs = 60_000 } = {}): Promise<TwoBackends> {
  const [first, second] = await Promise.all([FakeModel.start(), FakeModel.start()]);
  onTestFinished(async () => {
    await Promise.all([first.close(), second.close()]);
  });
  first.fallback = { tokens: ['one'] };
  second.fallback = { tokens: ['two'] };
  const failures: [string, string][] = [];
  const backend = new FailoverBackend({
    backends: [
      new OllamaBackend({ host: first.ollamaHost, model: 'fake-model' }),
      new OpenAIBackend({ apiKey: '', baseUrl: second.openAIBaseUrl, model: 'other-model' }),
    ],
    afterMs,
    restMs,
    onFailure: ({ backend: { name }, error }) => failures.push([name, error.code]),
  });
  onTestFinished(() => backend.close());
  return { first, second, backend, failures };
}

export const askingFirst = { type: 'answering', backend: 'ollama', model: 'fake-model' };
export const askingSecond = { type: 'answering', backend: 'openai', model: 'other-model' };
export const byFirst = [askingFirst, { type: 'text', text: 'one' }, { type: 'finish', model: 'fake-model' }];
export const bySecond = [
  askingFirst,
  askingSecond,
  { type: 'text', text: 'two' },
  { type: 'finish', model: 'other-model' },
];
/** The first one rests. */
export const bySecondAlone = bySecond.slice(1);
