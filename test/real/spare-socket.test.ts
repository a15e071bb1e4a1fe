/** A model server far away is reached by TLS, whose handshake a caller would hear: an interruption does not cost the next reply one. */
import { expect, onTestFinished, test } from 'vitest';
import { FakeModel } from '../stand-ins/model/fake-model.ts';
import { fakeModelBackend } from './parts/backend-environment.ts';
import { startOurServer } from './parts/our-server.ts';
import { startTlsFront } from './parts/tls-front.ts';

test('a reply after an interrupted one begins on a socket that was opened meanwhile', async () => {
  const model = await FakeModel.start();
  onTestFinished(() => model.close());
  const handshakeMs = 600;
  const front = await startTlsFront(model.port, { handshakeMs });
  onTestFinished(() => front.close());
  const server = await startOurServer({
    ...fakeModelBackend(model),
    OPENAI_BASE_URL: `${front.url}/v1`,
    // So that the start waits for the model's name, and the one socket that was opened for it is free.
    LLM_MODEL: undefined,
    NODE_EXTRA_CA_CERTS: front.certificate,
  });
  onTestFinished(() => server.stop());
  const client = await server.connect();
  onTestFinished(() => client.close());
  const messages = [{ role: 'user', content: 'Tell me a story.' }];

  model.script.push({ tokens: Array.from({ length: 1_000 }, () => 'word '), tokenMs: 20 });
  client.send({ type: 'chat', id: 'interrupted', messages });
  await client.nextOf('delta');
  const before = front.handshakes;
  client.send({ type: 'cancel', id: 'interrupted' });
  await client.nextOf('complete');
  expect(before).toBe(1);
  await expect.poll(() => front.handshakes, { timeout: 10 * handshakeMs }).toBeGreaterThan(before);

  model.script.push({ tokens: ['Yes.'] });
  client.send({ type: 'chat', id: 'next', messages });
  const complete = await client.nextOf('complete');
  expect(complete).toMatchObject({ id: 'next', finish_reason: 'stop' });
  expect((complete['timing'] as { first_token_ms: number }).first_token_ms).toBeLessThan(handshakeMs / 2);
});
