/** Sends one request of a v1 client, wherever its messages go, once it is told to whoever has to expect it. */
import type { Operation } from './coverage.ts';
import type { ExpectedChatOptions } from './expected-chat.ts';
import type { ExpectedThread } from './expected-thread.ts';
import { messagesOf } from './law-session.ts';
import { deadlinesOf, type ReplyPlan, warmDeadlinesOf } from './reply-plan.ts';
import type { HeardEdit, Place, Step } from './step.ts';
import { useThread, type V1Session } from './v1-session.ts';

type RequestStep = Extract<Step, { type: 'chat' | 'warm' }>;
type PlaceOf<Type extends Place['type']> = Extract<Place, { type: Type }>;
type Options = Omit<ExpectedChatOptions, 'owner' | 'side' | 'deadlines'>;

export async function sendV1Request(session: V1Session, step: RequestStep): Promise<void> {
  const { place } = step;
  switch (place.type) {
    case 'thread':
      return sendOnThread(session, step, place, session.ledger.thread);
    case 'named': {
      const { name, expected } = await useThread(session, place.name);
      return sendOnThread(session, step, place, expected, name);
    }
    case 'alone': {
      count(session, step, 'v1 chat alone');
      const options = optionsOf(session, step);
      expectWithList(session, step, options, options.messages);
      return send(session, step, { id: options.key, messages: options.messages, mirror: { keep: 0 } });
    }
    case 'mirror':
      return sendMirrored(session, step, place);
  }
}

function sendOnThread(
  session: V1Session,
  step: RequestStep,
  place: PlaceOf<'thread' | 'named'>,
  thread: ExpectedThread,
  name?: string,
): void {
  const { ledger, lawCase, business } = session;
  count(session, step, name === undefined ? 'v1 chat' : 'v1 chat named');
  const options = optionsOf(session, step);
  const heard = step.type === 'chat' ? heardOf(thread, place.heard) : undefined;
  if (heard !== undefined) lawCase.options.coverage.hit('v1 heard', business);
  if (step.type === 'chat') ledger.sentOnThread(session.expectChat({ ...options, heard }), thread);
  else ledger.sentPreview(session.expectWarm(options), thread);
  send(session, step, {
    id: options.key,
    messages: options.messages,
    ...(name !== undefined && { thread: name }),
    ...(heard !== undefined && { heard: { id: heard.reply, content: heard.content } }),
  });
}

function sendMirrored(session: V1Session, step: RequestStep, { edit }: PlaceOf<'mirror'>): void {
  const { ledger, lawCase, business } = session;
  const { key, plan, messages } = optionsOf(session, step);
  const { mirror, outcome } = ledger.mirrors.send(key, edit, messages);
  if (outcome.type === 'served') {
    count(session, step, 'v1 chat mirrored');
    expectWithList(session, step, { key, plan, messages, manner: outcome.manner }, outcome.list);
  } else {
    lawCase.options.coverage.hit(`v1 mirror ${outcome.type}`, business);
    expectWithList(session, step, { key, plan, messages, refusal: outcome.refusal }, []);
  }
  send(session, step, {
    id: key,
    messages: edit.flaw === 'unreadable' ? [{ role: 'nobody', content: 'what?' }] : messages,
    mirror,
    ...(edit.instructions !== undefined && { instructions: edit.instructions }),
    ...(edit.tools !== undefined && { tools: edit.tools.map(toTool) }),
    ...(edit.flaw === 'bad key' && { params: { temperature: 'hot' } }),
    ...(edit.flaw === 'contradiction' && { heard: { id: 'never used', content: 'nothing' } }),
  });
}

function optionsOf(session: V1Session, { plan, turns }: RequestStep): Options {
  const key = session.newKey();
  return { key, plan, messages: messagesOf(key, turns) };
}

function expectWithList(
  session: V1Session,
  { type }: RequestStep,
  options: Options,
  list: Options['messages'],
): void {
  const request = type === 'chat' ? session.expectChat(options) : session.expectWarm(options);
  session.ledger.sentWithList(request, list);
}

function count({ lawCase, business }: V1Session, { type, plan }: RequestStep, operation: Operation): void {
  lawCase.options.coverage.hit(type === 'chat' ? operation : 'v1 warm', business, plan.trouble);
}

function send({ link }: V1Session, { type, plan }: { type: string; plan: ReplyPlan }, frame: object): void {
  const deadlines = type === 'chat' ? deadlinesOf(plan) : warmDeadlinesOf(plan);
  link.send({ type, ...frame, ...(deadlines !== undefined && { deadlines }) });
}

function heardOf(
  thread: ExpectedThread,
  heard: HeardEdit | undefined,
): { reply: string; content: string } | undefined {
  if (heard === undefined) return undefined;
  const reply = thread.chats.at(-1 - heard.back)?.key ?? 'never used';
  return { reply, content: heard.content === 'nothing' ? '' : `heard of ${reply}` };
}

function toTool(name: string): object {
  return { type: 'function', function: { name, parameters: { type: 'object', properties: {} } } };
}
