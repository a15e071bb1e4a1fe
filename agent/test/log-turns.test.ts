// Each turn is in the log with its times and without its words, after what LiveKit is doing at that moment.
import { EventEmitter, once } from 'node:events';
import { initializeLogger, llm, log, voice } from '@livekit/agents';
import { expect, test, vi } from 'vitest';
import { logTurns } from '../src/log-turns.ts';

test('a turn is logged without its words, once what is under way is done, and before the session’s end', async () => {
  initializeLogger({ pretty: false, level: 'info' });
  const info = vi.spyOn(log(), 'info').mockReturnValue();
  const session = Object.assign(new EventEmitter(), { usage: { modelUsage: [] } });
  const ids = { room: 'talk-1', job: 'AJ_1' };
  logTurns(session as unknown as voice.AgentSession, ids);
  expect(info.mock.calls.splice(0)).toEqual([[ids, 'session begins']]);
  const item = llm.ChatMessage.create({ role: 'user', content: 'my knee hurts' });
  item.metrics = { endOfTurnDelay: 0.53 };
  session.emit(voice.AgentSessionEventTypes.ConversationItemAdded, { item });
  for (let step = 0; step < 1_000; step++) await Promise.resolve();
  expect(info).not.toHaveBeenCalled();
  session.emit(voice.AgentSessionEventTypes.Close, { reason: 'user_initiated' });
  setImmediate(() => session.emit('afterwards'));
  await once(session, 'afterwards');
  expect(info.mock.calls).toEqual([
    [{ role: 'user', transcriptionMs: undefined, endOfTurnMs: 530 }, 'turn'],
    [{ usage: [] }, 'usage of the session'],
    [{ ...ids, reason: 'user_initiated' }, 'session ended'],
  ]);
});
