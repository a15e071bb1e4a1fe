// A WebSocketLLM that cannot work says so where it is made, and names what is wrong.
import { WebSocketLLM, type WebSocketLLMOptions } from 'livekit-agents-plugin-ws-llm';
import { expect, test } from 'vitest';

const url = 'ws://127.0.0.1:8765';

test.each<[string, Record<string, unknown>, RegExp]>([
  ['no url', {}, /url is missing.*ws:\/\//],
  ['an url that is none', { url: 'localhost' }, /"localhost" is not an address/],
  ['another protocol', { url: 'ftp://a' }, /starts with ftp:/],
  ['credentials in the url', { url: 'ws://me:secret@a' }, /^(?!.*secret).*token/],
  ['a fragment', { url: `${url}/#a` }, /#fragment/],
  ['an empty token', { url, token: '' }, /token/],
  ['a token with a line break', { url, token: 'a\nb' }, /token/],
  ['two credentials', { url, token: 'a', headers: { authorization: 'b' } }, /both/],
  ['a header with a line break', { url, headers: { a: 'b\r\nc: d' } }, /headers\["a"\]/],
  ['no time to connect', { url, connectTimeoutMs: 0 }, /connectTimeoutMs is 0/],
])('%s is refused', (_what, options, message) => {
  expect(() => new WebSocketLLM(options as unknown as WebSocketLLMOptions)).toThrow(message);
});

test('a good one connects to nothing until it is needed', async () => {
  const model = new WebSocketLLM({ url, token: 'a', headers: { 'X-A': 'b' }, connectTimeoutMs: 5 });
  expect([model.label(), model.provider, model.model]).toEqual(['ws-llm.LLM', 'ws-llm', 'unknown']);
  await model.aclose();
});
