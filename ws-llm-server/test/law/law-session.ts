/**
 * One case as it runs, whichever dialect: makes its chats, waits for moments of them, loses the connection, and at the end holds the
 * models' side against the client's. What a step means is the dialect's.
 */
import type { Coverage, Stage } from './coverage.ts';
import { ExpectedChat, outliveMs } from './expected-chat.ts';
import { LawBroken } from './law-broken.ts';
import type { LawLink } from './law-link.ts';
import type { LawWorld } from './law-world.ts';
import type { ModelSwitchboard } from './model-switchboard.ts';
import { deadlinesOf, type ReplyDeadlines, type ReplyPlan } from './reply-plan.ts';
import type { Ending, Moment, Script } from './script.ts';

/** What both dialects' ledgers tell. */
export interface Ledger {
  readonly chats: readonly ExpectedChat[];
  readonly open: readonly ExpectedChat[];
  /** Whether every answer has come that is due. */
  readonly isSettled: boolean;
  /** For people. */
  readonly due: string;
  stageOf(chat: ExpectedChat): Stage;
  received(text: string, at: number): void;
  /** @throws LawBroken where a model saw anything but what its client's conversation makes it */
  checkMemory(): void;
}

let cases = 0;

export class LawSession<L extends Ledger> {
  readonly client: Script['client'];
  readonly ledger: L;
  readonly link: LawLink;
  readonly coverage: Coverage;
  readonly #switchboard: ModelSwitchboard;
  readonly #deadlines: ReplyDeadlines;
  readonly #name: string;
  #ids = 0;
  #lostAt: number | undefined;

  constructor(script: Script, world: LawWorld, coverage: Coverage, ledger: L, link: LawLink) {
    cases += 1;
    // As long for every case: where bytes are split must not depend on how many cases ran before.
    this.#name = `k${String(cases).padStart(6, '0')}`;
    this.client = script.client;
    this.#switchboard = world.switchboard(script);
    this.#deadlines = world.deadlines(script);
    this.coverage = coverage;
    this.ledger = ledger;
    this.link = link;
  }

  /** A new chat, told to the models and counted, and not sent yet. */
  newChat(plan: ReplyPlan, place: ExpectedChat['place'], turns: 1 | 2): ExpectedChat {
    const key = this.newId();
    const earlier = [
      { role: 'user', content: `before ${key}` },
      { role: 'assistant', content: `an answer before ${key}` },
    ];
    const messages = [...(turns === 2 ? earlier : []), { role: 'user', content: `[${key}] and?` }];
    const operation = place === 'thread' ? ('chat' as const) : ('chat alone' as const);
    this.coverage.hit(`${this.client} ${operation}`, this.business, plan.trouble);
    const side = this.#switchboard.plan(key, plan, () => this.link.poke());
    const own = this.client === 'v1' ? deadlinesOf(plan) : undefined;
    const deadlines = { ...this.#deadlines, ...own };
    return new ExpectedChat({ key, plan, place, messages, side, deadlines });
  }

  /** One that nobody else uses. */
  newId(): string {
    this.#ids += 1;
    return `${this.#name}.${this.#ids}`;
  }

  get business(): 'idle' | 'busy' {
    return this.ledger.open.length === 0 ? 'idle' : 'busy';
  }

  /** The chat that a step is about, and the moment that it waits for. */
  async reach(back: number, moment: Moment): Promise<ExpectedChat | undefined> {
    const { chats } = this.ledger;
    const chat = chats[chats.length - 1 - (back % Math.max(chats.length, 1))];
    if (chat === undefined || moment === 'now') return chat;
    await this.link.until(
      () =>
        chat.end !== undefined ||
        (moment === 'asked' && chat.side.askedAt.length > 0) ||
        (moment === 'content' && chat.text !== ''),
      () => `${chat.key} ${moment} (${this.ledger.due})`,
    );
    return chat;
  }

  async end(ending: Ending): Promise<void> {
    if (ending.type === 'drain') {
      await this.link.until(
        () => this.ledger.isSettled,
        () => this.ledger.due,
      );
    } else {
      await this.reach(ending.back, ending.moment);
      const operation = `${this.client} loss` as const;
      if (this.ledger.open.length === 0) this.coverage.hit(operation, 'idle');
      for (const chat of this.ledger.open)
        this.coverage.hit(operation, this.ledger.stageOf(chat), chat.plan.trouble);
      this.#lostAt = performance.now();
      await this.link.lose(ending.how);
    }
    await this.#modelsLetGo();
    this.ledger.checkMemory();
    for (const { slow } of this.ledger.chats) this.coverage.ended(slow);
    await this.link.lose('closed');
  }

  /** Always the last. */
  dispose(): void {
    this.#switchboard.forget(this.ledger.chats.map(({ key }) => key));
    void this.link.lose('torn').catch(() => undefined);
  }

  /** No request to the model outlives its reply. */
  async #modelsLetGo(): Promise<void> {
    for (const chat of this.ledger.chats) {
      const { side } = chat;
      const endedAt = chat.end?.at ?? this.#lostAt ?? performance.now();
      const isOver = (): boolean =>
        side.running === 0 && side.seen.every(({ closedAt }) => closedAt !== undefined);
      while (!isOver()) {
        const leftMs = endedAt + outliveMs - performance.now();
        if (leftMs <= 0) {
          throw new LawBroken(
            'no request to the model outlives its reply',
            `${chat.key} (${chat.plan.trouble})`,
          );
        }
        await this.link.news(leftMs);
      }
      for (const { closedAt = 0 } of side.seen) {
        if (closedAt - endedAt > outliveMs)
          throw new LawBroken(
            'no request to the model outlives its reply',
            `${chat.key} by ${closedAt - endedAt} ms`,
          );
      }
      const lastAskedAt = side.askedAt.at(-1) ?? 0;
      if (lastAskedAt > endedAt + outliveMs)
        throw new LawBroken('no request to the model begins after the end', chat.key);
    }
  }
}
