/** Does what a script says, as a plain client. */
import { type LawSession, messagesOf } from './law-session.ts';
import type { PlainLedger } from './plain-ledger.ts';
import type { Step } from './step.ts';

/** Frames that are wrong, and how the answer to them begins. */
const mistakes = [
  { frame: '{"type": "chat", ', answer: 'Invalid JSON format' },
  { frame: '{"type": "ping"}', answer: 'Unknown message type: ping' },
  { frame: '{"type": "cancel", "id": "1"}', answer: 'Unknown message type: cancel' },
  { frame: '{"type": "warm", "id": "1"}', answer: 'Unknown message type: warm' },
  { frame: '{"type": "chat", "messages": []}', answer: 'No messages provided' },
  { frame: '{"type": "chat", "messages": [{"role": "nobody", "content": "[x]"}]}', answer: 'messages[0]' },
];

export async function takePlainStep(session: LawSession<PlainLedger>, step: Step): Promise<void> {
  const { ledger, link } = session;
  const { coverage } = session.lawCase.options;
  switch (step.type) {
    case 'chat': {
      coverage.hit('plain chat', session.business, step.plan.trouble);
      const key = session.newKey();
      const chat = session.expectChat({ key, plan: step.plan, messages: messagesOf(key, step.turns) });
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
