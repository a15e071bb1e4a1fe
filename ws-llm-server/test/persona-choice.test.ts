/** A client chooses who answers: by the address, by the request; and learns of every change. */
import { expect, test } from 'vitest';
import { TestSocket } from '../../test/stand-ins/test-socket.ts';
import type { Persona } from '../src/personas/persona.ts';
import type { Personas } from '../src/personas/personas.ts';
import { startTestServer, testPersona, user } from './test-server.ts';

function persona(name: string, rest: Partial<Persona> = {}): Persona {
  return {
    ...testPersona,
    card: { name, title: name.toUpperCase(), suggestions: [] },
    prompt: `You are ${name}.`,
    ...rest,
  };
}

/** Personas that a test can change. */
class ChangingPersonas implements Personas {
  readonly #listeners = new Set<() => void>();
  #personas: Persona[];

  constructor(...personas: Persona[]) {
    this.#personas = personas;
  }

  get default(): Persona {
    return this.#personas[0] ?? testPersona;
  }

  get all(): Persona['card'][] {
    return this.#personas.map(({ card }) => card);
  }

  get(name: string): Persona | undefined {
    return this.#personas.find(({ card }) => card.name === name);
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  change(...personas: Persona[]): void {
    this.#personas = personas;
    for (const listener of this.#listeners) listener();
  }
}

const both = (): ChangingPersonas => new ChangingPersonas(persona('ann'), persona('bob'));

test('who answers is the default one, the one of the address, or the one of the request [P-131] [P-133]', async () => {
  const { url, model } = await startTestServer({ persona: both() });
  const client = await TestSocket.open(`${url}?persona=bob`, ['ws-llm.v1']);
  expect(await client.nextOf('ready')).toMatchObject({
    persona: { name: 'bob', title: 'BOB' },
    personas: [
      { name: 'ann', title: 'ANN' },
      { name: 'bob', title: 'BOB' },
    ],
  });
  client.send({ type: 'chat', id: '1', messages: [user('a')] });
  await client.untilEnd();
  client.send({ type: 'chat', id: '2', persona: 'ann', messages: [user('a')] });
  await client.untilEnd();
  const plain = await TestSocket.open(`${url}?persona=bob`);
  plain.send({ type: 'chat', messages: [user('a')] });
  await plain.untilEnd();
  const other = await TestSocket.open(url);
  other.send({ type: 'chat', messages: [user('a')] });
  await other.untilEnd();
  expect(model.requests.map(({ body }) => body.messages[0]?.content)).toEqual([
    'You are bob.',
    'You are ann.',
    'You are bob.',
    'You are ann.',
  ]);
});

test.each([['v1', ['ws-llm.v1']] as const, ['plain', []] as const])(
  'an address that asks for nobody known is closed with 4404, for %s clients [P-132]',
  async (_, protocols) => {
    const { url } = await startTestServer({ persona: both() });
    const client = await TestSocket.open(`${url}?persona=carl`, [...protocols]);
    expect((await client.closed).code).toBe(4404);
    expect(client.frames).toEqual([]);
  },
);

test('a persona brings its own model and parameters, and the request may say otherwise [P-20]', async () => {
  const ann = persona('ann', { model: 'other-model', params: { temperature: 0.25 } });
  const { v1, model } = await startTestServer({ persona: ann });
  const client = await v1();
  client.send({ type: 'chat', id: '1', messages: [user('a')] });
  await client.untilEnd();
  client.send({
    type: 'chat',
    id: '2',
    messages: [user('a')],
    params: { model: 'fake-model', temperature: 0.5 },
  });
  await client.untilEnd();
  expect(model.requests.map(({ body }) => [body['model'], body['options']])).toMatchObject([
    ['other-model', { temperature: 0.25 }],
    ['fake-model', { temperature: 0.5 }],
  ]);
});

test('when personas change every v1 client is told by ready, and the next reply is by the new one [P-141]', async () => {
  const personas = both();
  const { v1, plain, model } = await startTestServer({ persona: personas });
  const client = await v1();
  const mute = await plain();
  personas.change(persona('ann', { prompt: 'You are Anna.' }));
  expect(await client.nextOf('ready')).toMatchObject({
    persona: { name: 'ann' },
    personas: [{ name: 'ann' }],
  });
  for (const each of [client, mute]) {
    each.send({ type: 'chat', id: '1', messages: [user('a')] });
    await each.untilEnd();
  }
  expect(model.requests.map(({ body }) => body.messages[0]?.content)).toEqual([
    'You are Anna.',
    'You are Anna.',
  ]);
  expect(mute.frames.map(({ type }) => type)).not.toContain('ready');
});

test('a client whose persona is taken away goes on with the default one [P-142]', async () => {
  const personas = both();
  const { url, model } = await startTestServer({ persona: personas });
  const client = await TestSocket.open(`${url}?persona=bob`, ['ws-llm.v1']);
  personas.change(persona('ann'));
  await client.nextOf('ready');
  expect(await client.nextOf('ready')).toMatchObject({ persona: { name: 'ann' } });
  client.send({ type: 'chat', id: '1', messages: [user('a')] });
  await client.untilEnd();
  expect(model.requests[0]?.body.messages[0]?.content).toBe('You are ann.');
});

test('a reply that runs when its persona changes ends as the one who began it [P-143]', async () => {
  const personas = both();
  const { v1, model } = await startTestServer({ persona: personas });
  const client = await v1();
  model.script.push({ tokens: ['one ', 'two'], tokenMs: 30 });
  client.send({ type: 'chat', id: '1', messages: [user('a')] });
  await client.nextOf('delta');
  personas.change(persona('carl'));
  expect(await client.nextOf('complete')).toMatchObject({ id: '1', finish_reason: 'stop' });
});
