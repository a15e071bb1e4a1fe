/** Over HTTP the server gives its page and its health, to those who may ask. */
import { request } from 'node:http';
import { expect, test } from 'vitest';
import { startTestServer } from '../test-server.ts';

interface Answer {
  status: number;
  type: string;
  body: string;
}

/** `fetch` does not let a test choose its Host. */
function get(port: number, path: string, headers: Record<string, string> = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, path, headers }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (body += chunk));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, type: response.headers['content-type'] ?? '', body }),
      );
    });
    asked.on('error', reject);
    asked.end();
  });
}

test('the chat page is at the root', async () => {
  const { port } = await startTestServer();
  expect(await get(port, '/')).toMatchObject({
    status: 200,
    type: expect.stringContaining('text/html'),
    body: expect.stringContaining('<title>chat</title>'),
  });
});

test('health tells who answers and how many are connected', async () => {
  const { port, v1 } = await startTestServer();
  await v1();
  const { status, body } = await get(port, '/health');
  expect(status).toBe(200);
  expect(JSON.parse(body)).toMatchObject({
    status: 'ok',
    persona: 'tester',
    backend: 'ollama',
    model: 'fake-model',
    connections: 1,
  });
});

test.each(['/', '/health', '/nothing', '/api/models'])(
  '%s can be shown in no frame, is what it says, and tells no other site its address',
  async (path) => {
    const { port } = await startTestServer();
    const { headers } = await fetch(`http://127.0.0.1:${port}${path}`);
    const policy = headers.get('content-security-policy');
    expect(policy).toContain("frame-ancestors 'none'");
    // The page of these tests has no policy of its own.
    if (path !== '/') expect(policy).toContain("default-src 'none'");
    expect(headers.get('x-frame-options')).toBe('DENY');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
  },
);

test('the page is served with its own policy, which lets its script run', async () => {
  const own = "default-src 'none'; script-src 'sha256-abc'";
  const meta = `<meta http-equiv="Content-Security-Policy" content="${own}" />`;
  const { port } = await startTestServer({ page: `<!doctype html>${meta}` });
  const { headers } = await fetch(`http://127.0.0.1:${port}/`);
  expect(headers.get('content-security-policy')).toBe(`${own}; frame-ancestors 'none'`);
});

test('anything else is a 404 that says where things are', async () => {
  const { port } = await startTestServer();
  expect(await get(port, '/nothing')).toMatchObject({ status: 404, body: expect.stringContaining('/') });
});

test.each([
  ['a foreign Host', { host: 'evil.example' }],
  ['a foreign page', { origin: 'https://evil.example' }],
])('%s gets 403 [P-116] [P-118]', async (_, headers) => {
  const { port } = await startTestServer();
  expect((await get(port, '/health', headers)).status).toBe(403);
});

test('a WebSocket with a foreign Host gets 403 before any upgrade [P-116]', async () => {
  const { plain } = await startTestServer();
  await expect(plain({ headers: { host: 'evil.example' } })).rejects.toThrow(/403/);
});
