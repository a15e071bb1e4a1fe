/** The server as a library: it checks what it is given, protects itself, and leaves its process alone. */
import { expect, onTestFinished, test } from 'vitest';
import { createPersonaServer, type PersonaServer, type PersonaServerOptions } from '../src/server.ts';
import type { Backend } from '../src/backend.ts';
import { TestSocket } from '../../test/stand-ins/test-socket.ts';
import { testPersona } from './test-server.ts';

const globals = [globalThis.Request, globalThis.Response];

function embedded(options: Partial<PersonaServerOptions> = {}): PersonaServer {
  return createPersonaServer({
    backend: { name: 'own', model: 'm', reply: () => Promise.resolve() },
    persona: testPersona,
    page: '<!doctype html>',
    turnLimits: { turns: 20, chars: 12_000 },
    ...options,
  });
}

test.each([
  [{ limits: { frame_bytes: Infinity } }, 'limits.frame_bytes: expected a number above 0'],
  [{ limits: { idle_ms: 2 ** 40 } }, 'limits.idle_ms: expected a number above 0 and up to 2147483647'],
  [{ limits: { messages: '5' as unknown as number } }, 'limits.messages: expected a number above 0'],
  [{ limits: Object.fromEntries([['mesages', 5]]) }, 'limits.mesages is unknown'],
  [{ sharedLimits: { requests: Number.NaN } }, 'sharedLimits.requests: expected a number above 0'],
  [{ turnLimits: { turns: 0, chars: 100 } }, 'turnLimits.turns: expected a number above 0'],
])('limits that bound nothing are refused: %j', (options, message) => {
  expect(() => embedded(options)).toThrow(message);
});

test('every wrong limit is named at once', () => {
  const limits = { frame_bytes: Infinity, messages: -1 };
  expect(() => embedded({ limits })).toThrow(/limits\.frame_bytes.*limits\.messages/);
});

test.each(['0.0.0.0', '::', '', '192.168.0.1'])(
  'it does not listen on %j without credentials',
  async (host) => {
    const server = embedded();
    onTestFinished(() => server.close());
    await expect(server.listen(0, host)).rejects.toThrow('listens on loopback only');
  },
);

test('conversations of an embedded backend are made to fit its model', async () => {
  const asked: number[] = [];
  const small: Backend = {
    name: 'own',
    model: 'm',
    contextTokens: () => 1_000,
    async reply({ messages }, { onEvent }) {
      asked.push(messages.length);
      await Promise.resolve();
      onEvent({ type: 'finish', reason: 'stop' });
    },
  };
  const server = embedded({ backend: small });
  onTestFinished(() => server.close());
  const { port } = await server.listen(0, '127.0.0.1');
  const client = await TestSocket.open(`ws://127.0.0.1:${port}/`, ['ws-llm.v1']);
  const said = { role: 'user', content: 'x'.repeat(2_000) };
  const answered = { role: 'assistant', content: 'y' };
  const messages = [said, answered, said, answered, said];
  client.send({ type: 'chat', id: '1', messages, mirror: { keep: 0 } });
  expect((await client.untilEnd()).at(-1)).toMatchObject({ type: 'complete', id: '1' });
  expect(asked[0]).toBeLessThan(messages.length + 1);
});

test('it leaves the globals of its process as they are', async () => {
  const server = embedded();
  onTestFinished(() => server.close());
  const { port } = await server.listen(0, '127.0.0.1');
  expect((await fetch(`http://127.0.0.1:${port}/health`)).status).toBe(200);
  expect([globalThis.Request, globalThis.Response]).toEqual(globals);
});
