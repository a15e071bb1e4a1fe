/**
 * One connection of a case, whichever dialect: expects requests, waits for moments of them, loses the connection, and at the end holds the
 * models' side against the client's. What a step means is the dialect's.
 */
import { awakeMs } from './awake-clock.ts';
import type { Stage } from './coverage.ts';
import { ExpectedChat, type ExpectedChatOptions } from './expected-chat.ts';
import { type ExpectedRequest, type ExpectedRequestOptions, outliveMs } from './expected-request.ts';
import { ExpectedWarm } from './expected-warm.ts';
import { LawBroken } from './law-broken.ts';
import type { LawCase } from './law-case.ts';
import { LawLink } from './law-link.ts';
import type { Said } from './memory.ts';
import { deadlinesOf, type ReplyDeadlines, warmDeadlinesOf } from './reply-plan.ts';
import type { Ending, Moment, Seat } from './step.ts';

type Told = Pick<ExpectedRequestOptions, 'key' | 'plan' | 'messages'>;

/** What both dialects' ledgers tell. */
export interface Ledger {
  readonly requests: readonly ExpectedRequest[];
  readonly open: readonly ExpectedRequest[];
  /** Whether every answer has come that is due. */
  readonly isSettled: boolean;
  /** For people. */
  readonly due: string;
  stageOf(request: ExpectedRequest): Stage;
  received(text: string, at: number): void;
  /** @throws LawBroken where a model saw anything but what its client's conversation makes it */
  checkMemory(): void;
}

export class LawSession<L extends Ledger> {
  readonly lawCase: LawCase;
  readonly ledger: L;
  readonly link: LawLink;
  readonly #name: string;
  #keys = 0;
  #lostAt: number | undefined;

  private constructor(lawCase: LawCase, name: string, ledger: L, link: LawLink) {
    this.lawCase = lawCase;
    this.#name = name;
    this.ledger = ledger;
    this.link = link;
  }

  static async open<L extends Ledger>(lawCase: LawCase, seat: Seat, ledger: L): Promise<LawSession<L>> {
    const { script, options, transcript } = lawCase;
    const { world, quietMs, signal } = options;
    const link = await LawLink.open(world.url(script), script.client === 'v1' ? ['ws-llm.v1'] : [], {
      quietMs,
      signal,
      note: (direction, text) => transcript.note(seat === 'one' ? direction : `    ${direction}`, text),
      onFrame: (text, at) => ledger.received(text, at),
    });
    return new LawSession(lawCase, lawCase.newName(seat), ledger, link);
  }

  get isLost(): boolean {
    return this.#lostAt !== undefined;
  }

  /** One that nobody else uses. */
  newKey(): string {
    this.#keys += 1;
    return `${this.#name}.${this.#keys}`;
  }

  /** A new chat, told to the models, and not sent yet. */
  expectChat(options: Partial<ExpectedChatOptions> & Told): ExpectedChat {
    const own = this.lawCase.script.client === 'v1' ? deadlinesOf(options.plan) : undefined;
    return new ExpectedChat({ ...options, ...this.#tell(options, own) });
  }

  /** A new `warm`, told to the models, and not sent yet. */
  expectWarm(options: Partial<ExpectedRequestOptions> & Told): ExpectedWarm {
    return new ExpectedWarm({ ...options, ...this.#tell(options, warmDeadlinesOf(options.plan)) });
  }

  get business(): 'idle' | 'busy' {
    return this.ledger.open.length === 0 ? 'idle' : 'busy';
  }

  /** The request that a step is about, once the moment has come that it waits for. */
  async reach(back: number, moment: Moment): Promise<ExpectedRequest | undefined> {
    const { requests } = this.ledger;
    const request = requests[requests.length - 1 - (back % Math.max(requests.length, 1))];
    if (request === undefined || moment === 'now') return request;
    await this.link.until(
      () =>
        request.end !== undefined ||
        (moment === 'asked' && request.began) ||
        (moment === 'content' && request instanceof ExpectedChat && request.text !== ''),
      () => `${request.key} ${moment} (${this.ledger.due})`,
    );
    return request;
  }

  async lose({ back, moment, how }: Extract<Ending, { type: 'loss' }>): Promise<void> {
    await this.reach(back, moment);
    const { script, options } = this.lawCase;
    const operation = `${script.client} loss` as const;
    if (this.ledger.open.length === 0) options.coverage.hit(operation, 'idle');
    for (const request of this.ledger.open.filter(({ isRefused }) => !isRefused)) {
      const stage = this.ledger.stageOf(request);
      if (request.type === 'chat') options.coverage.hit(operation, stage, request.plan.trouble);
      else options.coverage.hit('v1 loss of warm', stage);
    }
    this.#lostAt = awakeMs();
    await this.link.lose(how);
  }

  /** Until everything has ended. */
  async drain(): Promise<void> {
    await this.link.until(
      () => this.ledger.isSettled,
      () => this.ledger.due,
    );
  }

  /** After the end of everything. */
  async settle(): Promise<void> {
    for (const request of this.ledger.requests) await this.#modelLetsGo(request);
    this.ledger.checkMemory();
    for (const { slow } of this.ledger.requests) this.lawCase.options.coverage.ended(slow);
    await this.link.lose('closed');
  }

  /** Always the last. */
  dispose(): void {
    const { script, options } = this.lawCase;
    options.world.switchboard(script).forget(this.ledger.requests.map(({ key }) => key));
    void this.link.lose('torn').catch(() => undefined);
  }

  #tell(told: Told, own: Partial<ReplyDeadlines> | undefined): ExpectedRequestOptions {
    const { script, options } = this.lawCase;
    const { key, plan } = told;
    const side = options.world.switchboard(script).plan(key, plan, () => this.link.poke());
    return {
      ...told,
      owner: this.#name,
      side,
      deadlines: { ...options.world.deadlines(script), ...own },
    };
  }

  /** No request to the model outlives its own. */
  async #modelLetsGo({ key, side, plan, end }: ExpectedRequest): Promise<void> {
    const endedAt = end?.awakeAt ?? this.#lostAt ?? awakeMs();
    const outlives = (by: string): LawBroken =>
      new LawBroken('no request to the model outlives its reply', `${key} (${plan.trouble}) ${by}`);
    while (side.running > 0 || side.seen.some(({ closedAt }) => closedAt === undefined)) {
      const leftMs = endedAt + outliveMs - awakeMs();
      if (leftMs <= 0) throw outlives('is still open');
      await this.link.news(leftMs);
    }
    for (const { closedAt = 0 } of side.seen) {
      if (closedAt - endedAt > outliveMs) throw outlives(`by ${closedAt - endedAt} ms`);
    }
    if (side.lastAskedAt > endedAt + outliveMs)
      throw new LawBroken('no request to the model begins after the end', key);
  }
}

/** What a client says under that key: one turn, or with an earlier one. */
export function messagesOf(key: string, turns: 1 | 2): Said[] {
  const earlier = [
    { role: 'user', content: `before ${key}` },
    { role: 'assistant', content: `an answer before ${key}` },
  ];
  return [...(turns === 2 ? earlier : []), { role: 'user', content: `[${key}] and?` }];
}
