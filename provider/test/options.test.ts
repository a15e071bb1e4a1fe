// A WebSocketLLM that cannot work says so where it is made, and names what is wrong; what it is told reaches the server.
import { WebSocketLLM, type WebSocketLLMOptions } from 'livekit-agents-plugin-ws-llm';
import { expect, test } from 'vitest';
import { ask, connect, connected, quick, serve, textsOf, watch } from './harness.ts';

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
  ['no time for a first word', { url, deadlines: { firstTokenMs: -1 } }, /deadlines.firstTokenMs is -1/],
  ['an output that there is not', { url, output: 'loud' }, /output is "loud"/],
  ['a persona without a name', { url, persona: '' }, /persona is empty/],
  ['two personas', { url: `${url}/?persona=a`, persona: 'b' }, /persona/],
])('%s is refused', (_what, options, message) => {
  expect(() => new WebSocketLLM(options as unknown as WebSocketLLMOptions)).toThrow(message);
});

test.each<[string, unknown, RegExp]>([
  ['no options at all', undefined, /options are missing; write new WebSocketLLM\(\{ url: 'ws:/],
  ['null', null, /options are missing; write/],
  ['an address instead of options', url, /options are a string; write new WebSocketLLM\(\{ url: '/],
  ['a list', [url], /options are a list; write/],
  [
    'an address without ws://',
    { url: 'localhost:8765' },
    /"localhost:8765" .* write "ws:\/\/localhost:8765"/,
  ],
  ['an IP address', { url: '127.0.0.1:8765' }, /write "ws:\/\/127.0.0.1:8765"/],
  ['an IPv6 address', { url: '[::1]:8765/a' }, /write "ws:\/\/\[::1\]:8765\/a"/],
  ['a host on the internet', { url: 'mind.example.org' }, /write "wss:\/\/mind.example.org"/],
  ['credentials without ws://', { url: 'me:secret@host:1' }, /^(?!.*secret).*like ws:/],
  ['a url that is no text', { url: 8765 }, /url is a number; .*like ws:/],
  ['a URL object', { url: new URL(url) }, /url is an object; .*write url.href/],
  ['a misspelt option', { url, personna: 'a' }, /"personna" is not an option; write "persona"/],
  [
    'an option of another LLM',
    { url, apiKey: 'secret' },
    /^(?!.*secret).*"apiKey" is not an option; .*token/,
  ],
  ['a token that is a number', { url, token: 7 }, /token is a number; write/],
  ['headers that are text', { url, headers: 'a: b' }, /headers is a string; write/],
  ['a persona that is a number', { url, persona: 3 }, /persona is a number; write/],
  ['params that are text', { url, params: 'hot' }, /params is a string; write/],
  ['a parameter in words', { url, params: { temperature: 'hot' } }, /params.temperature: expected a number/],
  ['a parameter out of range', { url, params: { temperature: 3 } }, /params.temperature: expected at most 2/],
  [
    'a misspelt parameter',
    { url, params: { max_token: 3 } },
    /"params.max_token" .* write "params.max_tokens"/,
  ],
  ['deadlines that are a number', { url, deadlines: 3 }, /deadlines is a number; write/],
  [
    'a misspelt deadline',
    { url, deadlines: { idleMS: 3 } },
    /"deadlines.idleMS" .* write "deadlines.idleMs"/,
  ],
  [
    'milliseconds in words',
    { url, connectTimeoutMs: '500' },
    /connectTimeoutMs is a string; write milliseconds/,
  ],
  ['a deadline in words', { url, deadlines: { totalMs: '5s' } }, /deadlines.totalMs is a string; write/],
])('from JavaScript: %s is refused in one sentence that says what to write', (_what, options, message) => {
  let thrown: unknown;
  try {
    void new WebSocketLLM(options as WebSocketLLMOptions);
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(TypeError);
  const { message: said } = thrown as TypeError;
  expect(said).toMatch(message);
  expect(said).toMatch(/^WebSocketLLM: [^\n]+$/);
});

test('options that are undefined count as absent', async () => {
  const model = new WebSocketLLM({
    url,
    token: undefined,
    persona: undefined,
    deadlines: { idleMs: undefined },
  } as object as WebSocketLLMOptions);
  await model.aclose();
});

test('a good one connects to nothing until it is needed', async () => {
  const model = new WebSocketLLM({ url, token: 'a', headers: { 'X-A': 'b' }, connectTimeoutMs: 5 });
  expect([model.label(), model.provider, model.model]).toEqual(['ws-llm.LLM', 'ws-llm', 'unknown']);
  await model.aclose();
});

test('a token that expires is asked for anew before each handshake', async () => {
  const server = await serve();
  let made = 0;
  await connected(server, { token: async () => `token-${++made}`, headers: { 'X-Room': '7' } });
  server.closeClients(1012);
  await server.until(() => server.connections === 2);
  expect(server.handshakes.map(({ headers }) => headers.authorization)).toEqual([
    'Bearer token-1',
    'Bearer token-2',
  ]);
  expect(server.handshakes[1]?.headers['x-room']).toBe('7');
});

test('a token that cannot be had is an error of the connection that says why', async () => {
  const server = await serve();
  const model = connect(server, { token: () => Promise.reject(new Error('the vault is shut')) });
  await expect(model.ready()).rejects.toThrow(/the vault is shut/);
  expect(server.handshakes).toEqual([]);
});

test('a persona is asked for in the address', async () => {
  const server = await serve();
  await connected({ url: `${server.url}/voice?room=7` }, { persona: 'dr. b' });
  const { searchParams, pathname } = new URL(server.handshakes[0]?.url ?? '', server.url);
  expect([pathname, searchParams.get('room'), searchParams.get('persona')]).toEqual(['/voice', '7', 'dr. b']);
});

test('parameters of the LLM travel with every request, those of a call go before them', async () => {
  const server = await serve({ onChat: (chat) => chat.answer('x') });
  const model = await connected(server, { params: { temperature: 0.2, max_tokens: 50 } });
  await model.chat({ chatCtx: ask(), extraKwargs: { temperature: 1 } }).collect();
  expect(server.chats[0]?.frame['params']).toEqual({ temperature: 1, max_tokens: 50 });
});

test.each([
  ['offers it', ['standalone', 'speech'], 'speech'],
  ['does not', ['standalone'], undefined],
])('output for speech is asked of a server that %s', async (_which, features, expected) => {
  const server = await serve({ ready: { features }, onChat: (chat) => chat.answer('x') });
  const model = await connected(server, { output: 'speech' });
  await model.chat({ chatCtx: ask() }).collect();
  expect(server.chats[0]?.frame['output']).toBe(expected);
});

test('deadlines are told to the server, the call’s own time-out where that is shorter', async () => {
  const server = await serve({ onChat: (chat) => chat.answer('x') });
  const deadlines = { firstTokenMs: 900, idleMs: 90_000, totalMs: 60_000 };
  const model = await connected(server, { deadlines });
  await model.chat({ chatCtx: ask(), connOptions: { ...quick, timeoutMs: 2_000 } }).collect();
  expect(server.chats[0]?.frame['deadlines']).toEqual({
    first_token_ms: 900,
    idle_ms: 2_000,
    total_ms: 60_000,
  });
});

test('a deadline holds although the server does not keep it', async () => {
  const server = await serve();
  const model = await connected(server, { deadlines: { firstTokenMs: 50 } });
  const { errors } = watch(model);
  await textsOf(model.chat({ chatCtx: ask(), connOptions: { ...quick, maxRetry: 0, timeoutMs: 60_000 } }));
  expect(errors).toMatchObject([{ error: { name: 'APITimeoutError' } }]);
});
