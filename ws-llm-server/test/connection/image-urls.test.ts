/**
 * A client's image addresses are fetched by the model server, so only those that the operator
 * allows reach it.
 */
import type { Message } from '@ws-llm/protocol';
import { describe, expect, test } from 'vitest';
import { OpenAIBackend } from '../../src/backends/openai-backend.ts';
import { defaultImageUrls, imageRefusal, isImagePrefix } from '../../src/connection/image-urls.ts';
import { startTestServer } from '../test-server.ts';

function showing(url: string, role: 'user' | 'system' | 'assistant' = 'user'): Message {
  return {
    role,
    content: [
      { type: 'text', text: 'look' },
      { type: 'image_url', image_url: { url } },
    ],
  };
}
const agent = (imageUrls: readonly string[]): { role: 'agent'; imageUrls: readonly string[] } => ({
  role: 'agent',
  imageUrls,
});
const refused = (url: string, imageUrls = defaultImageUrls): boolean =>
  imageRefusal([showing(url)], agent(imageUrls)) !== undefined;

test('a guest shows images as data: addresses only, whatever the operator allows to agents', () => {
  const rules = { role: 'guest', imageUrls: ['https:', 'http:', 'file:'] } as const;
  expect(imageRefusal([showing('data:image/png;base64,AAAA')], rules)).toBeUndefined();
  for (const url of ['https://example.org/a.png', 'http://169.254.169.254/', 'file:///etc/passwd']) {
    const refusal = imageRefusal([showing('data:,'), showing(url)], rules);
    expect(refusal).toMatchObject({
      code: 'unauthorized',
      message: expect.stringMatching(/^messages\[1\]\.content\[1\]\.image_url: /) as string,
    });
    expect(refusal?.message).not.toContain(url);
  }
});

test('an agent shows data: and https: by default, in messages of every role', () => {
  for (const url of ['data:image/png;base64,AAAA', 'DATA:image/png;base64,AAAA', 'https://example.org/a.png'])
    expect(refused(url)).toBe(false);
  for (const role of ['user', 'system', 'assistant'] as const) {
    const messages = [showing('http://169.254.169.254/', role)];
    expect(imageRefusal(messages, agent(defaultImageUrls))).toMatchObject({
      code: 'bad_request',
      message: expect.stringMatching(
        /^messages\[0\]\.content\[1\]\.image_url: .*data: or https:.*IMAGE_URLS/,
      ) as string,
    });
  }
});

test.each([
  'http://example.org/a.png',
  'file:///etc/passwd',
  ' https://example.org/a.png',
  'https:\\\\example.org',
  'ht\ntps://example.org',
  'https://user:key@example.org/',
  'https://',
  'example.org/a.png',
  '//example.org/a.png',
  '',
  'javascript:alert(1)',
  'blob:https://example.org/1',
])('%j is none that agents may send by default', (url) => {
  expect(refused(url)).toBe(true);
});

test.each([
  ['https://cdn.example.org', 'https://cdn.example.org/a.png', false],
  ['https://cdn.example.org', 'https://CDN.example.org:443/a.png', false],
  ['https://cdn.example.org', 'https://cdn.example.org.evil.com/a.png', true],
  ['https://cdn.example.org', 'https://cdn.example.org@evil.com/a.png', true],
  ['https://cdn.example.org/public/', 'https://cdn.example.org/public/../private/a.png', true],
  ['https://cdn.example.org/public/', 'https://cdn.example.org/public/%2e%2e/private/a.png', true],
  ['http:', 'http://127.0.0.1/a.png', false],
  ['https:', 'data:image/png;base64,AAAA', true],
])('with %j allowed, %j is refused: %j', (prefix, url, isRefused) => {
  expect(refused(url, [prefix])).toBe(isRefused);
});

test.each([
  ['data:', true],
  ['https:', true],
  ['https://cdn.example.org/a/', true],
  ['cdn.example.org', false],
  ['https://user@cdn.example.org', false],
  ['', false],
])('%j can be allowed: %j', (prefix, can) => {
  expect(isImagePrefix(prefix)).toBe(can);
});

describe('on a connection', () => {
  const url = 'http://169.254.169.254/latest/meta-data';
  const start = () =>
    startTestServer({
      backend: (model) => new OpenAIBackend({ apiKey: '', baseUrl: model.openAIBaseUrl, model: 'm' }),
    });

  test('an address that is not allowed reaches no model, from agents and guests, in v1 and plain', async () => {
    const { v1, plain, model } = await start();
    const guest = { origin: 'null' };
    for (const [options, code] of [
      [{}, 'bad_request'],
      [{ headers: guest }, 'unauthorized'],
    ] as const) {
      const client = await v1(options);
      client.send({ type: 'chat', id: '1', messages: [showing(url)] });
      expect(await client.nextOf('error')).toMatchObject({ id: '1', code });
      client.send({ type: 'chat', id: '2', messages: [showing(url)], mirror: { key: 'm', keep: 0 } });
      expect(await client.nextOf('error')).toMatchObject({ id: '2', code });
      const old = await plain(options);
      old.send({ type: 'chat', messages: [showing(url)] });
      expect(await old.nextOf('error')).toMatchObject({
        message: expect.stringContaining('messages[0].content[1].image_url') as string,
      });
    }
    expect(model.requests).toEqual([]);
  });
});
