// Whatever happens to a conversation, the model is told exactly what it would be told by a request that brings the whole history.
import { deepStrictEqual } from 'node:assert/strict';
import { llm } from '@livekit/agents';
import fc from 'fast-check';
import type { WebSocketLLM } from 'livekit-agents-plugin-ws-llm';
import { expect, test } from 'vitest';
import { startWorld, toldOf, userMessage, type World } from './provider-world.ts';

const instructionsId = 'lk.agent_task.instructions';

/** What may happen between two questions, and to the answers. */
type Step =
  /** A question, after guesses at it that were abandoned at once or in the middle; then what was heard of the answer, and when it is known. */
  | { type: 'turn'; guesses: ('at once' | 'after a word')[]; heard: 'all' | 'part' | 'nothing' | 'late' }
  | { type: 'instructions'; text: string }
  | { type: 'tools'; names: string[] }
  /** A call; a tool that still runs stands for a while as a placeholder in the copies that are asked with. */
  | { type: 'call'; isSlow: boolean; isTold: boolean }
  /** Somebody else asks something else, through the same plugin. */
  | { type: 'judge'; again: boolean }
  | { type: 'shorten'; from: number; count: number }
  | { type: 'edit'; at: number; what: 'content' | 'extra' };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      type: fc.constant('turn' as const),
      guesses: fc.array(fc.constantFrom('at once' as const, 'after a word' as const), { maxLength: 3 }),
      heard: fc.constantFrom('all' as const, 'part' as const, 'nothing' as const, 'late' as const),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('instructions' as const),
      text: fc.constantFrom('', 'Be brief.', 'Be kind.'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('tools' as const),
      names: fc.subarray(['clock', 'map', 'weather']),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constant('call' as const), isSlow: fc.boolean(), isTold: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('judge' as const), again: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant('shorten' as const), from: fc.nat(20), count: fc.nat(6) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('edit' as const),
      at: fc.nat(20),
      what: fc.constantFrom('content' as const, 'extra' as const),
    }),
  },
);

/** A session as LiveKit keeps one: items are shared between contexts and change in place. */
class Talk {
  readonly #world: World;
  readonly #plugin: WebSocketLLM;
  readonly #history = llm.ChatContext.empty();
  readonly #judged = llm.ChatContext.empty();
  #tools: llm.ToolContextLike = [];
  #late: (() => void) | undefined;
  #count = 0;

  constructor(world: World, plugin: WebSocketLLM) {
    this.#world = world;
    this.#plugin = plugin;
  }

  async take(next: Step): Promise<void> {
    const { items } = this.#history;
    switch (next.type) {
      case 'turn':
        return this.#turn(next);
      case 'instructions':
        if (items[0]?.id === instructionsId) items.shift();
        items.unshift(new llm.ChatMessage({ id: instructionsId, role: 'system', content: next.text }));
        return;
      case 'tools':
        this.#tools = next.names.map((name) =>
          llm.tool({ name, description: `The ${name}`, execute: async () => '' }),
        );
        return;
      case 'call':
        return this.#call(next);
      case 'judge':
        if (!next.again) this.#judged.items.length = 0;
        this.#judged.addMessage({ role: 'system', content: 'You judge.' });
        this.#judged.addMessage({ role: 'user', content: this.#words('Was it good?') });
        return this.#ask(this.#judged, []);
      case 'shorten':
        items.splice(next.from, next.count);
        return;
      case 'edit': {
        const item = items[next.at];
        if (item?.type !== 'message') return;
        if (next.what === 'content') item.content[0] = this.#words('Rather');
        else {
          const vendor = (item.extra['vendor'] ??= { seen: [] }) as { seen: string[] };
          vendor.seen.push(this.#words('mark'));
        }
      }
    }
  }

  async #turn({ guesses, heard }: Extract<Step, { type: 'turn' }>): Promise<void> {
    const question = userMessage('');
    for (const guess of guesses) {
      question.content[0] = this.#words('Perhaps');
      await this.#abandon([question], guess);
    }
    question.content[0] = this.#words('Question');
    await this.#ask(this.#history, [question]);
    const before = this.#history.items.length;
    // What was said last turn, known only now.
    this.#late?.();
    this.#late = undefined;
    this.#history.items.push(question);
    const answer = new llm.ChatMessage({
      role: 'assistant',
      content: heard === 'all' ? 'One two three.' : 'One',
    });
    if (heard === 'late') this.#late = () => this.#history.items.splice(before + 1, 0, answer);
    else if (heard !== 'nothing') this.#history.items.push(answer);
  }

  async #call({ isSlow, isTold }: Extract<Step, { type: 'call' }>): Promise<void> {
    const callId = this.#words('call');
    const output = (text: string): llm.FunctionCallOutput =>
      llm.FunctionCallOutput.create({ callId, name: 'clock', output: text, isError: false });
    this.#history.items.push(userMessage(this.#words('When?')));
    const id = this.#words('item');
    if (isTold)
      this.#history.items.push(new llm.ChatMessage({ id, role: 'assistant', content: 'Let me see.' }));
    this.#history.items.push(
      llm.FunctionCall.create({ id: `${id}/fnc_0`, callId, name: 'clock', args: '{}' }),
    );
    if (isSlow) await this.#ask(this.#history, [output('still in progress'), userMessage('Well?')]);
    this.#history.items.push(output('"noon"'));
    await this.#ask(this.#history, []);
  }

  /** Asks with a copy, as LiveKit does, and compares with somebody who has never asked before. */
  async #ask(context: llm.ChatContext, more: llm.ChatItem[]): Promise<void> {
    const seed = ++this.#count;
    const reference = this.#world.connect({ url: this.#world.url });
    await this.#chat(this.#plugin, context, more, seed).collect();
    await this.#chat(reference, context, more, -seed).collect();
    await reference.aclose();
    const seen = (wanted: number): unknown =>
      toldOf(this.#world.model.requests.findLast(({ body }) => body['seed'] === wanted));
    deepStrictEqual(seen(seed), seen(-seed));
  }

  async #abandon(more: llm.ChatItem[], when: 'at once' | 'after a word'): Promise<void> {
    const stream = this.#chat(this.#plugin, this.#history, more, 0);
    if (when === 'after a word') await stream.next();
    stream.close();
  }

  #chat(plugin: WebSocketLLM, context: llm.ChatContext, more: llm.ChatItem[], seed: number): llm.LLMStream {
    const chatCtx = context.copy();
    chatCtx.items.push(...more);
    return plugin.chat({ chatCtx, toolCtx: this.#tools, extraKwargs: { seed } });
  }

  #words(text: string): string {
    this.#count += 1;
    return `${text} ${this.#count}`;
  }
}

test(
  'the model is always told the right list, and nothing has to be sent twice',
  { timeout: 60_000 },
  async () => {
    const world = await startWorld();
    const plugin = world.connect();
    await plugin.ready();
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 20 }), async (steps) => {
        const talk = new Talk(world, plugin);
        for (const next of steps) await talk.take(next);
      }),
      { numRuns: 20 },
    );
    const chats = world.tap.frames.map(({ frame }) => frame).filter(({ type }) => type === 'chat');
    const kept = chats.filter((chat) => (chat['mirror'] as { keep: number }).keep > 0);
    expect(kept.length).toBeGreaterThan(chats.length / 2);
    expect(world.tap.frames.filter(({ frame }) => frame.type === 'error')).toEqual([]);
    expect(world.tap.connections).toBe(1);
  },
);
