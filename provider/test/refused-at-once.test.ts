/**
 * A server that accepts a handshake and closes at once says why with its close code, and the error
 * has it.
 */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { connect } from './harness.ts';

test.each([
  [4404, { statusCode: 404 }],
  [4401, { statusCode: 401 }],
  [1013, { name: 'APIConnectionError', retryable: true }],
])('closed with %i in the packet of the handshake, it is %o', async (code, expected) => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', handleProtocols: () => 'ws-llm.v1' });
  onTestFinished(() => {
    server.close();
  });
  server.on('connection', (socket) => socket.close(code, 'because'));
  await once(server, 'listening');
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const model = connect({ url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}` });
    await expect(model.ready()).rejects.toMatchObject(expected);
    await model.aclose();
  }
});
