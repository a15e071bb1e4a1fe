/** Of several backends each is asked for what it has: its models, its warmth, its tools. */
import { expect, test } from 'vitest';
import type { BackendRequest } from '../../src/backend.ts';
import { collect } from './collect.ts';
import { askingFirst, askingSecond, byFirst, bySecondAlone, startTwo } from './two-backends.ts';

const question: BackendRequest = { messages: [{ role: 'user', content: 'hi' }], params: {} };

test('a model that only the second has is answered by the second, which costs the first no rest', async () => {
  const { first, second, backend, failures } = await startTwo();
  first.knowsItsModels = true;
  second.knowsItsModels = true;
  second.models.push('rare-model');
  const events = await collect(backend, { ...question, model: 'rare-model' });
  expect(events.slice(1)).toMatchObject([
    { type: 'answering', backend: 'openai', model: 'rare-model' },
    { type: 'text' },
    { type: 'finish', model: 'rare-model' },
  ]);
  expect(failures).toEqual([]);
  expect(await collect(backend)).toMatchObject(byFirst);
});

test('a model that nobody has is a bad request that says who has which', async () => {
  const { first, second, backend } = await startTwo();
  first.knowsItsModels = true;
  second.knowsItsModels = true;
  await expect(collect(backend, { ...question, model: 'rare-model' })).rejects.toMatchObject({
    code: 'bad_request',
    message: expect.stringMatching(
      /Ollama at .*has fake-model, other-model.*model server at .*has fake-model/s,
    ) as string,
  });
});

test('where the one that has the model is away, an answer by another model is better than none', async () => {
  const { first, second, backend } = await startTwo();
  first.stopListening();
  second.knowsItsModels = true;
  second.models.splice(0, 1);
  const events = await collect(backend, { ...question, model: 'fake-model' });
  const inVain = { ...askingSecond, model: 'fake-model' };
  expect(events).toMatchObject([askingFirst, inVain, ...bySecondAlone]);
});

test('warming warms the one that would answer', async () => {
  const { first, second, backend } = await startTwo();
  await backend.warm?.(question, new AbortController());
  expect([first.requests.length, second.requests.length]).toEqual([1, 0]);
  first.stopListening();
  await collect(backend);
  await backend.warm?.(question, new AbortController());
  expect(second.requests).toHaveLength(2);
});

test('models of one that is away are missing, not the end of the list', async () => {
  const { first, second, backend } = await startTwo();
  first.stopListening();
  const models = await backend.models?.(new AbortController());
  expect(models?.map(({ name, backend: whose }) => [name, whose])).toEqual([
    ['fake-model', 'openai'],
    ['other-model', 'openai'],
  ]);
  second.stopListening();
  await expect(backend.models?.(new AbortController())).rejects.toMatchObject({
    code: 'backend_unavailable',
  });
});

test('whether tools are taken is what is known of the one that answered last', async () => {
  const { first, second, backend } = await startTwo();
  first.ollama.capabilities = ['completion'];
  expect(backend.takesTools(undefined)).toBeUndefined();
  await collect(backend);
  expect(backend.takesTools(undefined)).toBe(false);
  first.stopListening();
  await collect(backend);
  expect(second.requests).toHaveLength(1);
  expect(backend.takesTools(undefined)).toBeUndefined();
});
