/** OpenAI's dialect: the conformance suite, and what is its own. */
import { expect, onTestFinished, test } from 'vitest';
import { FakeModel } from '../../../test/stand-ins/model/fake-model.ts';
import { OpenAIBackend } from '../../src/backends/openai-backend.ts';
import { failureText } from '../../src/failure-text.ts';
import { toChatCompletion } from '../../src/backends/openai-request.ts';
import { collect } from './collect.ts';
import { describeBackend } from './conformance.ts';

describeBackend(
  'openai',
  (model, name) => new OpenAIBackend({ apiKey: 'sk-test', baseUrl: model.openAIBaseUrl, model: name }),
);

test('a key that the server repeats when it refuses it is in no message', async () => {
  const model = await FakeModel.start();
  onTestFinished(() => model.close());
  const apiKey = 'sk-secret';
  const message = `Incorrect API key provided: ${apiKey}. Ask whoever gave it to you.`;
  model.fallback = { tokens: [], failure: { type: 'status', status: 401, message } };
  const backend = new OpenAIBackend({ apiKey, baseUrl: model.openAIBaseUrl, model: 'm' });
  const failure: unknown = await collect(backend).catch((error: unknown) => error);
  const text = failureText(failure, { secrets: backend.secrets });
  expect(text).toMatch(/answered 401 \(is OPENAI_API_KEY right\?\): Incorrect API key provided: …\. Ask/);
});

test.each([
  ['', /\(set OPENAI_API_KEY\)/],
  ['sk-wrong', /\(is OPENAI_API_KEY right\?\)/],
])('a server that refuses the key %j is told with the variable that mends it', async (apiKey, words) => {
  const model = await FakeModel.start();
  onTestFinished(() => model.close());
  model.fallback = { tokens: [], failure: { type: 'status', status: 401 } };
  const backend = new OpenAIBackend({ apiKey, baseUrl: model.openAIBaseUrl, model: 'm' });
  await expect(collect(backend)).rejects.toThrow(words);
});

test('a model of the configuration that is not there is told with the variable that mends it', async () => {
  const model = await FakeModel.start();
  onTestFinished(() => model.close());
  model.knowsItsModels = true;
  const backend = new OpenAIBackend({ apiKey: '', baseUrl: model.openAIBaseUrl, model: 'gone' });
  await expect(collect(backend)).rejects.toMatchObject({
    code: 'backend_failed',
    message: expect.stringMatching(/answered 404 \(.*LLM_MODEL right\?\)$/) as string,
    said: 'The model gone does not exist',
  });
});

test('a request is said in OpenAI words, tools, choice and history included', () => {
  const request = toChatCompletion('m', {
    messages: [
      { role: 'system', content: 's' },
      { role: 'user', content: 'u' },
      { role: 'assistant', content: '', toolCalls: [{ id: 'c', name: 'f', arguments: '{}' }] },
      { role: 'tool', toolCallId: 'c', toolName: 'f', content: 'r' },
    ],
    tools: [{ name: 'f', description: 'd', parameters: { type: 'object' } }],
    toolChoice: { name: 'f' },
    parallelToolCalls: false,
    params: { temperature: 0, topP: 1, maxTokens: 5, seed: 3, stop: 'x', reasoningEffort: 'low' },
  });
  expect(request).toEqual({
    model: 'm',
    stream: true,
    stream_options: { include_usage: true },
    messages: [
      { role: 'system', content: 's' },
      { role: 'user', content: 'u' },
      {
        role: 'assistant',
        content: '',
        tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }],
      },
      { role: 'tool', tool_call_id: 'c', content: 'r' },
    ],
    tools: [{ type: 'function', function: { name: 'f', description: 'd', parameters: { type: 'object' } } }],
    tool_choice: { type: 'function', function: { name: 'f' } },
    parallel_tool_calls: false,
    temperature: 0,
    top_p: 1,
    max_tokens: 5,
    seed: 3,
    stop: 'x',
    reasoning_effort: 'low',
  });
});

test('what a user shows and says, and a call that is no JSON, go as they came', () => {
  const content = [
    { type: 'text' as const, text: 'look' },
    { type: 'image_url' as const, image_url: { url: 'https://example.org/a.png', detail: 'low' } },
  ];
  const toolCalls = [{ id: 'c', name: 'f', arguments: '{"city": "Os' }];
  const { messages } = toChatCompletion('m', {
    messages: [
      { role: 'user', content },
      { role: 'assistant', content: '', toolCalls },
    ],
    params: {},
  });
  expect(messages).toEqual([
    { role: 'user', content },
    {
      role: 'assistant',
      content: '',
      tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: '{"city": "Os' } }],
    },
  ]);
});

test('a server that lists no model says so in words', async () => {
  const model = await FakeModel.start();
  onTestFinished(() => model.close());
  model.models.length = 0;
  const backend = new OpenAIBackend({ apiKey: '', baseUrl: model.openAIBaseUrl, model: undefined });
  await expect(backend.chooseModel(new AbortController().signal)).rejects.toThrow(
    /lists no model.*LLM_MODEL/,
  );
});
