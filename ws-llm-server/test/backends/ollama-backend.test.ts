/** Ollama's dialect: the conformance suite, and what is its own. */
import { expect, onTestFinished, test } from 'vitest';
import { FakeModel } from '../../../test/stand-ins/model/fake-model.ts';
import { OllamaBackend } from '../../src/backends/ollama-backend.ts';
import { toOllamaChat } from '../../src/backends/ollama-request.ts';
import { describeBackend } from './conformance.ts';

describeBackend('ollama', (model, name) => new OllamaBackend({ host: model.ollamaHost, model: name }));

test('a request is said in Ollama words, tools, images and history included', () => {
  const request = toOllamaChat('m', {
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
    tools: [{ name: 'f' }, { name: 'g' }],
    toolChoice: { name: 'f' },
    params: { temperature: 0, topP: 1, maxTokens: 5, seed: 3, stop: 'x' },
  });
  expect(request).toEqual({
    model: 'm',
    stream: true,
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
  expect(() => toOllamaChat('m', { messages: [{ role: 'user', content }], params: {} })).toThrow(/data URLs/);
});

test('an Ollama without a model says how to get one', async () => {
  const model = await FakeModel.start();
  onTestFinished(() => model.close());
  model.models.length = 0;
  const backend = new OllamaBackend({ host: model.ollamaHost, model: undefined });
  await expect(backend.chooseModel(new AbortController().signal)).rejects.toThrow(/ollama pull/);
});
