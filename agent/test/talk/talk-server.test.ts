// Only the voice page itself gets tickets into calls: neither pages of other origins, nor whoever points a name at this machine.
import { request as httpRequest } from 'node:http';
import { text } from 'node:stream/consumers';
import { TokenVerifier } from 'livekit-server-sdk';
import { expect, onTestFinished, test } from 'vitest';
import { startTalkServer, type TalkServer } from '../../src/talk/talk-server.ts';
import { writeTicket } from '../../src/talk/tickets.ts';

async function start(port = 0): Promise<{ server: TalkServer; asked: (string | undefined)[] }> {
  const asked: (string | undefined)[] = [];
  const server = await startTalkServer(
    {
      page: '<p>page</p>',
      offer: async () => ({ personas: [] }),
      ticket: async (persona) => {
        asked.push(persona);
        return { url: 'ws://livekit', token: 't' };
      },
    },
    port,
  );
  onTestFinished(() => server.close());
  return { server, asked };
}

interface Answer {
  status: number | undefined;
  body: string;
}

/** With headers that `fetch` would not let anybody set. */
function send(url: string, method: string, headers: Record<string, string>, body = ''): Promise<Answer> {
  return new Promise((resolve, reject) => {
    httpRequest(url, { method, headers }, (response) => {
      text(response).then((read) => resolve({ status: response.statusCode, body: read }), reject);
    })
      .on('error', reject)
      .end(body);
  });
}

const json = { 'content-type': 'application/json' };

test('the page is served, and gets the ticket that it asks for', async () => {
  const { server, asked } = await start();
  expect(await send(server.url, 'GET', {})).toEqual({ status: 200, body: '<p>page</p>' });
  expect(await send(`${server.url}offer`, 'GET', {})).toEqual({ status: 200, body: '{"personas":[]}' });
  const origin = server.url.slice(0, -1);
  const answer = await send(`${server.url}ticket`, 'POST', { ...json, origin }, '{"persona":"friendly"}');
  expect(JSON.parse(answer.body)).toEqual({ url: 'ws://livekit', token: 't' });
  for (const body of ['{}', '', '{"persona":7}', '{']) {
    expect(await send(`${server.url}ticket`, 'POST', json, body)).toMatchObject({ status: 200 });
  }
  expect(asked).toEqual(['friendly', undefined, undefined, undefined, undefined]);
});

test.each(['', 'offer', 'nothing'])(
  '/%s can be shown in no frame, is what it says, and tells no other site its address',
  async (path) => {
    const { server } = await start();
    const { headers } = await fetch(server.url + path);
    expect(headers.get('content-security-policy')).toMatch(/default-src 'none';.*frame-ancestors 'none'/);
    expect(headers.get('x-frame-options')).toBe('DENY');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
  },
);

test.each([
  ['a page of another origin', { ...json, origin: 'https://evil.example' }, 403],
  ['a page opened from disk or in a sandboxed frame', { ...json, origin: 'null' }, 403],
  ['a name that leads to this machine', { ...json, host: 'evil.example:80' }, 403],
  ['a form, which needs no leave', { 'content-type': 'text/plain' }, 415],
])('%s gets no ticket', async (_who, headers, status) => {
  const { server, asked } = await start();
  expect(await send(`${server.url}ticket`, 'POST', headers, '{}')).toMatchObject({ status });
  expect(asked).toEqual([]);
});

test('a port that is taken is no obstacle', async () => {
  const { server } = await start();
  const second = await start(Number(new URL(server.url).port));
  expect(second.server.url).not.toBe(server.url);
  expect(await send(second.server.url, 'GET', {})).toMatchObject({ status: 200 });
});

test('each ticket is for a room of its own, calls this agent as the persona that was asked for, and is short-lived', async () => {
  const livekit = { url: 'ws://livekit', apiKey: 'key', apiSecret: 'a-secret-that-is-long-enough' };
  const tickets = await Promise.all([
    writeTicket(livekit, 'talk-1', 'friendly'),
    writeTicket(livekit, 'talk-1', undefined),
  ]);
  const verifier = new TokenVerifier(livekit.apiKey, livekit.apiSecret);
  const [first, second] = await Promise.all(tickets.map(({ token }) => verifier.verify(token)));
  expect(first?.video?.room).not.toBe(second?.video?.room);
  expect(first?.sub).not.toBe(second?.sub);
  expect(first?.video).toMatchObject({ roomJoin: true });
  expect(first?.video).not.toHaveProperty('roomAdmin');
  const agentOf = (claims: unknown): unknown =>
    (claims as { roomConfig: { agents: unknown[] } }).roomConfig.agents[0];
  expect(agentOf(first)).toMatchObject({ agentName: 'talk-1', metadata: '{"persona":"friendly"}' });
  expect(agentOf(second)).toMatchObject({ agentName: 'talk-1' });
  const { exp = Infinity, nbf = 0 } = first ?? {};
  expect(exp - nbf).toBeLessThanOrEqual(300);
});
