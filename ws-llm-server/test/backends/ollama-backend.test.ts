/** Ollama's dialect: the conformance suite, and what is its own. */
import { expect, onTestFinished, test } from 'vitest';
import { FakeModel } from '../../../test/stand-ins/model/fake-model.ts';
import { OllamaBackend } from '../../src/backends/ollama-backend.ts';
import { toOllamaChat } from '../../src/backends/ollama-request.ts';
import type { BackendMessage, BackendToolChoice } from '../../src/backend.ts';
import { collect } from './collect.ts';
import { describeBackend } from './conformance.ts';
import { LoadingOllama } from './loading-ollama.ts';

const options = {
  keepAlive: { value: '30m', ms: 1_800_000 },
  thinking: 'levels' as const,
  numCtx: undefined,
};

describeBackend('ollama', (model, name) => new OllamaBackend({ host: model.ollamaHost, model: name }));

test('a request is said in Ollama words, tools, images and history included', () => {
  const request = toOllamaChat(
    'm',
    {
      messages: [
        { role: 'system', content: 's' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'look' },
            { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
          ],
        },
        { role: 'assistant', content: '', toolCalls: [{ id: 'c', name: 'f', arguments: '{"a":1}' }] },
        { role: 'tool', toolCallId: 'c', toolName: 'f', content: 'r' },
      ],
      tools: [{ name: 'f' }],
      toolChoice: 'auto',
      params: { temperature: 0, topP: 1, maxTokens: 5, seed: 3, stop: 'x', reasoningEffort: 'low' },
    },
    options,
  );
  expect(request).toEqual({
    model: 'm',
    stream: true,
    truncate: false,
    shift: false,
    keep_alive: '30m',
    think: 'low',
    messages: [
      { role: 'system', content: 's' },
      { role: 'user', content: 'look', images: ['AAAA'] },
      { role: 'assistant', content: '', tool_calls: [{ function: { name: 'f', arguments: { a: 1 } } }] },
      { role: 'tool', content: 'r', tool_name: 'f' },
    ],
    tools: [
      {
        type: 'function',
        function: { name: 'f', description: '', parameters: { type: 'object', properties: {} } },
      },
    ],
    options: { temperature: 0, top_p: 1, num_predict: 5, seed: 3, stop: ['x'] },
  });
});

test('an image that would have to be fetched is a bad request in words', () => {
  const content = [{ type: 'image_url' as const, image_url: { url: 'https://example.org/a.png' } }];
  expect(() => toOllamaChat('m', { messages: [{ role: 'user', content }], params: {} }, options)).toThrow(
    /data URLs/,
  );
});

test('an Ollama without a model says how to get one', async () => {
  const model = await FakeModel.start();
  onTestFinished(() => model.close());
  model.models.length = 0;
  const backend = new OllamaBackend({ host: model.ollamaHost, model: undefined });
  await expect(backend.chooseModel(new AbortController().signal)).rejects.toThrow(/ollama pull/);
});

test.each([
  ['{"city":"Oslo"}', { city: 'Oslo' }],
  ['{"city": "Os', {}],
  ['', {}],
  ['null', {}],
  ['"Oslo"', {}],
  ['["Oslo"]', {}],
])('a call with the arguments %j is one that Ollama takes', (text, args) => {
  const toolCalls = [{ id: 'c', name: 'f', arguments: text }];
  const request = { messages: [{ role: 'assistant' as const, content: '', toolCalls }], params: {} };
  const [message] = toOllamaChat('m', request, options).messages ?? [];
  expect(message?.tool_calls).toEqual([{ function: { name: 'f', arguments: args } }]);
});

test.each([
  'data:image/png;base64,AAAA',
  'data:image/svg+xml;charset=utf-8;base64,AAAA',
  'DATA:image/PNG;BASE64,AAAA',
])('the image %s is sent as its bytes', (url) => {
  const content = [{ type: 'image_url' as const, image_url: { url } }];
  const [message] =
    toOllamaChat('m', { messages: [{ role: 'user', content }], params: {} }, options).messages ?? [];
  expect(message).toEqual({ role: 'user', content: '', images: ['AAAA'] });
});

const shown: BackendMessage = {
  role: 'user',
  content: [
    { type: 'text', text: 'look' },
    { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
  ],
};

test.each([
  ['has no vision', ['completion'], /m does not take images.*LLM_MODEL/],
  ['has vision', ['completion', 'vision'], undefined],
  ['does not tell', undefined, undefined],
])('an image for a model that %s', async (_, capabilities, refusal) => {
  const ollama = await LoadingOllama.start();
  onTestFinished(() => ollama.close());
  ollama.loaded = true;
  ollama.capabilities = capabilities;
  const backend = new OllamaBackend({ host: ollama.host, model: 'm' });
  for (let turn = 0; turn < 2; turn += 1) {
    const events = collect(backend, { messages: [shown], params: {} });
    if (refusal === undefined) expect((await events)[0]).toMatchObject({ type: 'text' });
    else
      await expect(events).rejects.toMatchObject({
        code: 'bad_request',
        message: expect.stringMatching(refusal) as string,
      });
  }
  expect(ollama.paths.filter((path) => path === '/api/show')).toHaveLength(1);
});

test('a keep-alive that Ollama would not understand is refused at once', () => {
  expect(() => new OllamaBackend({ host: 'http://127.0.0.1:1', model: 'm', keepAlive: 'long' })).toThrow(
    /30m, not long/,
  );
});

test('with the choice "none" the model hears of no tools', () => {
  const tools = [{ name: 'f' }, { name: 'g' }];
  const offered = (toolChoice: BackendToolChoice): unknown =>
    toOllamaChat('m', { messages: [], params: {}, tools, toolChoice }, options).tools?.map(
      (tool) => tool.function.name,
    );
  expect([offered('auto'), offered('none')]).toEqual([['f', 'g'], undefined]);
});

test.each([['required' as const], [{ name: 'f' }]])(
  'a call that must be made (%j) is refused in words: nothing makes a model at Ollama call',
  (toolChoice) => {
    const request = { messages: [], params: {}, tools: [{ name: 'f' }], toolChoice };
    expect(() => toOllamaChat('m', request, options)).toThrow(/cannot be made to call a tool/);
  },
);
