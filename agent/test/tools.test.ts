// What tools do in a room: symptoms are shown as they are collected, each once; the end of a call is a goodbye and then nothing more.
import { once, type EventEmitter } from 'node:events';
import { voice, type JobContext } from '@livekit/agents';
import { expect, test } from 'vitest';
import type { Script } from '../../test/stand-ins/scripted-server.ts';
import { createEndCall } from '../src/end-call.ts';
import { offerTools } from '../src/offer-tools.ts';
import { mergeSymptoms } from '../src/room/symptoms.ts';
import { serve, startTextSession, type TextSession } from './text-session.ts';

const alone = { room: { remoteParticipants: new Map([['caller', {}]]) } };

function offerEndCall({ session, model }: TextSession): Promise<void> {
  const { tool } = createEndCall(alone as unknown as JobContext);
  return offerTools({ session, agent: session.currentAgent, model, tools: [tool] });
}

function offeredIn({ session }: TextSession): string[] {
  return Object.keys(session.currentAgent.toolCtx.functionTools);
}

test('symptoms are shown when the reply in which they were collected is said, the latest answer for each', async () => {
  const server = await serve({
    onChat: (chat) => {
      const symptoms =
        chat.number === 1
          ? [{ name: 'headache', choice_id: 'present' }]
          : [
              { name: 'fever', choice_id: 'present' },
              { name: 'Headache', choice_id: 'absent' },
            ];
      chat.send({ type: 'symptoms_collected', id: chat.id, symptoms });
      chat.answer('I see.');
    },
  });
  const talk = await startTextSession(server.url);
  await talk.ask('My head hurts.');
  expect(talk.board.state.symptoms).toEqual([{ name: 'headache', choice_id: 'present' }]);
  await talk.ask('It is over, but I have a fever.');
  expect(talk.board.state.symptoms).toEqual([
    { name: 'Headache', choice_id: 'absent' },
    { name: 'fever', choice_id: 'present' },
  ]);
  expect(talk.board.history).toContainEqual({
    persona_frame: {
      type: 'symptoms_collected',
      data: { symptoms: [{ name: 'headache', choice_id: 'present' }] },
    },
  });
  talk.collected.clear();
  expect(talk.board.state.symptoms).toEqual([]);
});

test('a list of symptoms that only grows stays small', () => {
  const many = Array.from({ length: 300 }, (_, n) => ({ name: `s${n}`, choice_id: 'present' as const }));
  expect(mergeSymptoms(many, [{ name: 'new', choice_id: 'absent' }])).toHaveLength(100);
});

test('how long a turn took is told to the room, and nothing of what was said', async () => {
  const server = await serve({ onChat: (chat) => chat.answer('A secret answer.') });
  const talk = await startTextSession(server.url);
  await talk.ask('A secret question?');
  const turns = talk.board.history.filter((entry) => 'turn' in (entry as object));
  expect(turns).toEqual([
    { turn: expect.objectContaining({ role: 'user' }) },
    { turn: expect.objectContaining({ role: 'assistant', interrupted: false, reply: server.chats[0]?.id }) },
  ]);
  expect(JSON.stringify(turns)).not.toContain('secret');
});

test.each([
  { features: ['standalone', 'tools'], offered: ['end_call'] },
  { features: ['standalone'], offered: [] },
])('a server that tells $features is asked with the tools $offered', async ({ features, offered }) => {
  const server = await serve({ ready: { features }, onChat: (chat) => chat.answer('Yes.') });
  const talk = await startTextSession(server.url);
  await offerEndCall(talk);
  await talk.ask('Can you end this call?');
  expect(offeredIn(talk)).toEqual(offered);
  const asked = server.chats.map(({ frame }) => frame['tools']);
  expect(asked).toEqual([
    offered.length === 0
      ? undefined
      : [{ type: 'function', function: expect.objectContaining({ name: 'end_call' }) }],
  ]);
});

test('a server that comes back with another model is offered what that one takes', async () => {
  const script: Script = { ready: { features: ['standalone'] }, onChat: (chat) => chat.answer('Yes.') };
  const server = await serve(script);
  const talk = await startTextSession(server.url);
  await offerEndCall(talk);
  expect(offeredIn(talk)).toEqual([]);
  script.ready = { features: ['standalone', 'tools'] };
  server.closeClients(1012, 'restarted');
  await server.until(() => server.handshakes.length === 2);
  await talk.ask('One?');
  await expect.poll(() => offeredIn(talk)).toEqual(['end_call']);
});

test('a server that learns meanwhile that its model takes none is not offered any with the next question', async () => {
  const server = await serve({ onChat: (chat) => chat.answer('Yes.') });
  const talk = await startTextSession(server.url);
  await offerEndCall(talk);
  expect(offeredIn(talk)).toEqual(['end_call']);
  const ready = await talk.model.ready();
  server.broadcast({ ...ready, features: ['standalone'] });
  await talk.ask('One?');
  await expect.poll(() => offeredIn(talk)).toEqual([]);
  await talk.ask('Two?');
  expect(server.chats.at(-1)?.frame['tools']).toBeUndefined();
});

test('a model that ends the call says goodbye first, and then the session is over', async () => {
  const server = await serve({
    onChat: (chat) => {
      if (chat.number > 1) return chat.answer('Goodbye, take care.');
      const call = { id: 'call_1', type: 'function', function: { name: 'end_call', arguments: '{}' } };
      chat.send({ type: 'tool_call', id: chat.id, call });
      chat.complete({ finish_reason: 'tool_calls' });
    },
  });
  const left: string[] = [];
  const hangingUp = {
    ...alone,
    deleteRoom: async () => left.push('room'),
  };
  const endCall = createEndCall(hangingUp as unknown as JobContext);
  const talk = await startTextSession(server.url, { tools: [endCall.tool] });
  const closed = once(talk.session as unknown as EventEmitter, voice.AgentSessionEventTypes.Close);
  const result = await talk.ask('That is all, bye.');
  result.expect.containsMessage({ role: 'assistant' });
  await closed;
  await endCall.hangUp();
  expect(left).toEqual(['room']);
  expect(server.chats).toHaveLength(2);
  expect(server.chats[0]?.frame['tools']).toMatchObject([{ function: { name: 'end_call' } }]);
});
