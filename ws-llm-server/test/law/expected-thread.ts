/**
 * A thread as its clients know it: chats and resets in the order in which the server got them, of one connection or of several.
 * What a lost connection left behind nobody was told: there more than one memory is possible, until a model has seen it.
 */
import { earlyMs, hasStalledSince } from './awake-clock.ts';
import type { Stage } from './coverage.ts';
import type { ExpectedChat } from './expected-chat.ts';
import type { ExpectedWarm } from './expected-warm.ts';
import { LawBroken } from './law-broken.ts';
import { added, asked, cut, heardInstead, memoryLimits, type Turns } from './memory.ts';
import type { ModelSide } from './model-switchboard.ts';

export interface ExpectedReset {
  readonly type: 'reset';
  /** Whether the server said so. */
  confirmed: boolean;
}

/** What a `warm` had the model read, without a place in the queue. */
interface Preview {
  readonly type: 'preview';
  readonly warm: ExpectedWarm;
  /** The first event that the client did not know the end of. */
  readonly since: number;
}

/** What may have been remembered for a while, at the time of an event. */
interface State {
  readonly index: number;
  readonly turns: Turns;
}

export class ExpectedThread {
  readonly #events: (ExpectedChat | ExpectedReset | Preview)[] = [];

  sent(chat: ExpectedChat): void {
    this.#events.push(chat);
  }

  sentPreview(warm: ExpectedWarm): void {
    const open = this.#events.findIndex((event) => event.type === 'chat' && event.end === undefined);
    this.#events.push({ type: 'preview', warm, since: open === -1 ? this.#events.length : open });
  }

  /** Whatever is open on it is cancelled. */
  sentReset(): ExpectedReset {
    for (const chat of this.open) chat.cancelled = true;
    return this.sentEmpty();
  }

  /** Emptied when its turn comes; nothing is cancelled. */
  sentEmpty(): ExpectedReset {
    const reset: ExpectedReset = { type: 'reset', confirmed: false };
    this.#events.push(reset);
    return reset;
  }

  get chats(): ExpectedChat[] {
    return this.#events.filter((event) => event.type === 'chat');
  }

  get open(): ExpectedChat[] {
    return this.chats.filter(({ end }) => end === undefined);
  }

  /** Where a chat on it is, as far as clients know. */
  stageOf(chat: ExpectedChat): Stage {
    if (chat.end !== undefined) return 'ended';
    if (chat.text !== '') return 'middle';
    return this.openBefore(chat).length > 0 ? 'waiting' : 'before';
  }

  /** Those that `chat` waits for. */
  openBefore(chat: ExpectedChat): ExpectedChat[] {
    const { chats } = this;
    return chats.slice(0, chats.indexOf(chat)).filter(({ end }) => end === undefined);
  }

  /** @throws LawBroken where the model saw anything but what was remembered when each turn came */
  check(): void {
    this.#checkOrder();
    const states: State[] = [];
    let memories: Turns[] = [[]];
    for (const [index, event] of this.#events.entries()) {
      states.push(...memories.map((turns) => ({ index, turns })));
      switch (event.type) {
        case 'reset':
          memories = event.confirmed ? [[]] : distinct([...memories, []]);
          break;
        case 'preview':
          checkPreview(event, states);
          break;
        case 'chat': {
          event.checkAttempts();
          const heeded = mayHaveBegun(event) ? memories.map((turns) => heeding(turns, event)) : memories;
          states.push(...heeded.map((turns) => ({ index, turns })));
          memories = distinct(event.began ? this.#after(event, heeded) : [...memories, ...heeded]);
        }
      }
    }
  }

  /** What may be remembered after `chat`, where one of `heeded` was when it began. */
  #after(chat: ExpectedChat, heeded: readonly Turns[]): Turns[] {
    const histories = heeded.map((turns) => asked(turns, chat.messages));
    const possible = heeded.filter((_, index) => chat.hasSeenOnly(histories[index] ?? []));
    if (possible.length === 0) chat.checkSeen(histories[0] ?? []);
    return possible.flatMap((turns) => this.#remembered(turns, chat));
  }

  #remembered(turns: Turns, chat: ExpectedChat): Turns[] {
    if (chat.end !== undefined) {
      return [chat.remembered.length === 0 ? turns : cut(added(turns, chat.remembered))];
    }
    const text = this.#seenOf(chat);
    if (text !== undefined) return [cut(added(turns, chat.rememberedWith(text)))];
    // Nothing of it, or all; and then nobody knows how much had to go for it.
    const newest = added(turns, chat.rememberedWith(chat.mostText)).slice(-memoryLimits.turns);
    return [turns, ...newest.map((_, index) => newest.slice(index))];
  }

  /** What models saw later of the reply to a chat whose connection was lost. */
  #seenOf(chat: ExpectedChat): string | undefined {
    const text = this.#events
      .flatMap((event) => seenFor(event).flatMap(({ messages }) => messages))
      .map(({ role, content }) => (role === 'assistant' && typeof content === 'string' ? content : ''))
      .find((content) => content.startsWith(`${chat.key}·`));
    if (text !== undefined && !(chat.mostText.startsWith(text) && text.startsWith(chat.text)))
      throw new LawBroken('what is remembered was said', `${JSON.stringify(text)} of ${chat.key}`);
    return text;
  }

  /** Each turn waits for the one before it. */
  #checkOrder(): void {
    let before: ExpectedChat | undefined;
    for (const chat of this.chats) {
      const [askedAt] = chat.side.askedAt;
      if (askedAt === undefined) {
        // One that was never begun is waited for until it ends, and one that is lost ends with its connection.
        if (chat.end === undefined) before = chat;
        continue;
      }
      if (before !== undefined && isBeforeEnd(chat, askedAt, before))
        throw new LawBroken('a turn waits for the one before it', `${chat.key} began during ${before.key}`);
      before = chat;
    }
  }
}

function isBeforeEnd(chat: ExpectedChat, askedAt: number, before: ExpectedChat): boolean {
  const isEarly = askedAt < before.earliestEndFor(chat) - earlyMs;
  return isEarly && !hasStalledSince(before.side.askedAt[0] ?? askedAt);
}

function heeding(turns: Turns, { heard }: ExpectedChat): Turns {
  return heard === undefined ? turns : heardInstead(turns, heard.reply, heard.content);
}

/** The same memory may come about in several ways. */
function distinct(memories: readonly Turns[]): Turns[] {
  if (memories.length < 2) return [...memories];
  return [...new Map(memories.map((turns) => [JSON.stringify(turns), turns])).values()];
}

/** The turn of one that is lost may have come, and passed before its model was asked. */
function mayHaveBegun({ began, end }: ExpectedChat): boolean {
  return began || end === undefined;
}

function checkPreview({ warm, since }: Preview, states: readonly State[]): void {
  warm.checkAttempts();
  const histories = states
    .filter(({ index }) => index >= since)
    .map(({ turns }) => asked(turns, warm.messages));
  if (!histories.some((history) => warm.hasSeenOnly(history))) warm.checkSeen(histories.at(-1) ?? []);
}

function seenFor(event: ExpectedChat | ExpectedReset | Preview): ModelSide['seen'] {
  switch (event.type) {
    case 'chat':
      return event.side.seen;
    case 'preview':
      return event.warm.side.seen;
    case 'reset':
      return [];
  }
}
