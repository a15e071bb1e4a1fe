/** Runs one script against the servers under test, step by step, in the words of its client's dialect. */
import type { Coverage } from './coverage.ts';
import { LawBroken } from './law-broken.ts';
import { LawLink } from './law-link.ts';
import { LawSession } from './law-session.ts';
import type { LawWorld } from './law-world.ts';
import { PlainLedger } from './plain-ledger.ts';
import { deadlinesOf } from './reply-plan.ts';
import type { Life, Script, Step } from './script.ts';
import { V1Ledger } from './v1-ledger.ts';

export interface DriveOptions {
  world: LawWorld;
  coverage: Coverage;
  /** How long nothing at all may happen while a client waits, in milliseconds. */
  quietMs: number;
  /** Gives up: rejects with its reason. */
  signal: AbortSignal;
}

type V1Session = LawSession<V1Ledger>;
type PlainSession = LawSession<PlainLedger>;

/** @throws LawBroken with the transcript */
export async function drive(script: Script, options: DriveOptions): Promise<void> {
  for (const life of script.lives) {
    if (script.client === 'v1') await live(script, life, options, new V1Ledger(), takeV1Step);
    else await live(script, life, options, new PlainLedger(), takePlainStep);
  }
}

async function live<L extends V1Ledger | PlainLedger>(
  script: Script,
  life: Life,
  { world, coverage, quietMs, signal }: DriveOptions,
  ledger: L,
  takeStep: (session: LawSession<L>, step: Step) => Promise<void>,
): Promise<void> {
  const link = await LawLink.open(world.url(script), script.client === 'v1' ? ['ws-llm.v1'] : [], {
    quietMs,
    signal,
    onFrame: (text, at) => ledger.received(text, at),
  });
  const session = new LawSession(script, world, coverage, ledger, link);
  try {
    for (const step of life.steps) {
      link.check();
      await takeStep(session, step);
    }
    await session.end(life.ending);
  } catch (error) {
    if (error instanceof LawBroken) error.message += `\n${link.transcript}`;
    throw error;
  } finally {
    session.dispose();
  }
}

async function takeV1Step(session: V1Session, step: Step): Promise<void> {
  const { ledger, link, coverage } = session;
  switch (step.type) {
    case 'chat': {
      const chat = session.newChat(step.plan, step.place, step.turns);
      ledger.sentChat(chat);
      const deadlines = deadlinesOf(step.plan);
      return link.send({
        type: 'chat',
        id: chat.key,
        messages: chat.messages,
        ...(step.place === 'alone' && { mirror: { keep: 0 } }),
        ...(deadlines !== undefined && { deadlines }),
      });
    }
    case 'cancel': {
      const chat = await session.reach(step.back, step.moment);
      if (chat === undefined) return cancelUnknown(session);
      coverage.hit('v1 cancel', ledger.stageOf(chat), chat.plan.trouble);
      ledger.sentCancel(chat);
      link.send({ type: 'cancel', id: chat.key });
      return step.fenced ? ping(session) : undefined;
    }
    case 'cancel unknown':
      return cancelUnknown(session);
    case 'reset': {
      await session.reach(step.back, step.moment);
      const hit = ledger.open.filter(({ place }) => place === 'thread');
      if (hit.length === 0) coverage.hit('v1 reset', 'idle');
      for (const chat of hit) coverage.hit('v1 reset', ledger.stageOf(chat), chat.plan.trouble);
      ledger.sentReset();
      return link.send({ type: 'reset' });
    }
    case 'ping':
      coverage.hit('v1 ping', session.business);
      return ping(session);
    case 'warm': {
      coverage.hit('v1 warm', session.business);
      const id = session.newId();
      ledger.sentWarm(id);
      return link.send({ type: 'warm', id, messages: [{ role: 'user', content: 'warm up' }] });
    }
    case 'await':
      await session.reach(step.back, step.moment);
      return;
    case 'pause':
      return link.pause(step.ms);
    case 'mistake':
      return;
  }
}

function ping({ ledger, link }: V1Session): void {
  ledger.sentPing();
  link.send({ type: 'ping' });
}

function cancelUnknown({ coverage, link }: V1Session): void {
  coverage.hit('v1 cancel', 'unknown');
  link.send({ type: 'cancel', id: 'never used' });
}

/** Frames that are wrong, and how the answer to them begins. */
const mistakes = [
  { frame: '{"type": "chat", ', answer: 'Invalid JSON format' },
  { frame: '{"type": "ping"}', answer: 'Unknown message type: ping' },
  { frame: '{"type": "cancel", "id": "1"}', answer: 'Unknown message type: cancel' },
  { frame: '{"type": "warm", "id": "1"}', answer: 'Unknown message type: warm' },
  { frame: '{"type": "chat", "messages": []}', answer: 'No messages provided' },
  { frame: '{"type": "chat", "messages": [{"role": "nobody", "content": "[x]"}]}', answer: 'messages[0]' },
];

async function takePlainStep(session: PlainSession, step: Step): Promise<void> {
  const { ledger, link, coverage } = session;
  switch (step.type) {
    case 'chat': {
      const chat = session.newChat(step.plan, 'thread', step.turns);
      ledger.sentChat(chat);
      return link.send({ type: 'chat', messages: chat.messages });
    }
    case 'reset':
      await session.reach(step.back, step.moment);
      coverage.hit('plain reset', session.business);
      ledger.sentReset();
      return link.send({ type: 'reset' });
    case 'mistake': {
      const mistake = mistakes[step.which % mistakes.length];
      if (mistake === undefined) return;
      coverage.hit('plain mistake', session.business);
      ledger.sentMistake(mistake.answer);
      return link.send(mistake.frame);
    }
    case 'await':
      await session.reach(step.back, step.moment);
      return;
    case 'pause':
      return link.pause(step.ms);
    case 'cancel':
    case 'cancel unknown':
    case 'ping':
    case 'warm':
      return;
  }
}
