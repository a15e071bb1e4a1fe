/** Does what a script says, as a v1 client. */
import { sendV1Request } from './send-v1-request.ts';
import type { Step } from './step.ts';
import { ping, useThread, type V1Session } from './v1-session.ts';

type StepOf<Type extends Step['type']> = Extract<Step, { type: Type }>;

export async function takeV1Step(session: V1Session, step: Step): Promise<void> {
  const { link } = session;
  const { coverage } = session.lawCase.options;
  switch (step.type) {
    case 'chat':
    case 'warm':
      return sendV1Request(session, step);
    case 'cancel':
      return cancel(session, step);
    case 'cancel unknown':
      return cancelUnknown(session);
    case 'reset':
      return reset(session, step);
    case 'ping':
      coverage.hit('v1 ping', session.business);
      return ping(session);
    case 'await':
      await session.reach(step.back, step.moment);
      return;
    case 'pause':
      return link.pause(step.ms);
    case 'mistake':
      return;
  }
}

async function cancel(session: V1Session, { back, moment, fenced }: StepOf<'cancel'>): Promise<void> {
  const { ledger, link, lawCase } = session;
  const request = await session.reach(back, moment);
  if (request === undefined) return cancelUnknown(session);
  const stage = ledger.stageOf(request);
  const hasTrouble = request.type === 'chat' || stage !== 'waiting';
  const trouble = hasTrouble ? request.plan.trouble : undefined;
  const operation = request.type === 'chat' ? 'v1 cancel' : 'v1 cancel of warm';
  if (!request.isRefused) lawCase.options.coverage.hit(operation, stage, trouble);
  ledger.sentCancel(request);
  link.send({ type: 'cancel', id: request.key });
  if (fenced) ping(session);
}

function cancelUnknown({ lawCase, link }: V1Session): void {
  lawCase.options.coverage.hit('v1 cancel', 'unknown');
  link.send({ type: 'cancel', id: 'never used' });
}

async function reset(session: V1Session, { back, moment, name }: StepOf<'reset'>): Promise<void> {
  const { ledger, link, lawCase } = session;
  const { coverage } = lawCase.options;
  await session.reach(back, moment);
  const thread = name === undefined ? undefined : await useThread(session, name);
  const expected = thread?.expected ?? ledger.thread;
  const operation = name === undefined ? 'v1 reset' : 'v1 reset named';
  if (expected.open.length === 0) coverage.hit(operation, 'idle');
  for (const chat of expected.open) coverage.hit(operation, expected.stageOf(chat), chat.plan.trouble);
  ledger.sentReset(expected, thread?.name);
  link.send({ type: 'reset', ...(thread !== undefined && { thread: thread.name }) });
}
