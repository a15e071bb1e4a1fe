/**
 * What the server keeps of our conversations on one channel, so that a request says only what changed: PROTOCOL.md, section 7.
 * Lives and dies with its channel. Works on wire messages, which nobody changes once they are made; knows nothing of LiveKit.
 */
import type { Channel } from '@ws-llm/client';
import type { Message, Mirror, Tool } from '@ws-llm/protocol';

/** All that the model should be told. */
export interface Whole {
  messages: readonly Message[];
  instructions?: string | undefined;
  tools?: Tool[] | undefined;
}

/** What of it must travel. */
interface Change {
  mirror: Mirror;
  messages: Message[];
  /** Absent where the server has them; empty takes them back. */
  instructions?: string;
  /** Absent where the server has them; empty takes them back. */
  tools?: Tool[];
}

/** A change that was worked out. Nothing is remembered before it was `sent`. */
export interface PlannedChange {
  change: Change;
  /** UTF-8 bytes of the messages that travel, as JSON. */
  messageBytes: number;
  /** UTF-8 bytes of all tools as JSON, also where they do not travel. */
  toolBytes: number;
  /** The list that the server has afterwards. */
  list: { messages: number; bytes: number };
  /** The change has left in the request `id`. Call it before anything else is planned. */
  sent(id: string): void;
  /** The server may not have it: what comes next starts anew. */
  forget(): void;
}

/** One conversation as the server has it. */
interface Mirrored {
  readonly key: string;
  /** The last request that carried the key; undefined where the server may not have what that one said. */
  base: string | undefined;
  messages: readonly Message[];
  /** `bytes[n]`: the size of the first `n` messages. */
  bytes: number[];
  instructions: string;
  /** As JSON. */
  tools: string;
}

/** Losing this many messages of a mirror is cheaper than one more mirror. */
const fewMessages = 4;

const noTools = '[]';

export class Mirrors {
  static readonly #ofChannels = new WeakMap<Channel, Mirrors>();
  /** In the order of their use, the newest last, as the server orders them. */
  readonly #mirrors = new Map<string, Mirrored>();
  #nextKey = 1;

  static of(channel: Channel): Mirrors {
    let mirrors = Mirrors.#ofChannels.get(channel);
    if (mirrors === undefined) Mirrors.#ofChannels.set(channel, (mirrors = new Mirrors()));
    return mirrors;
  }

  /** @param limit how many mirrors the server keeps */
  plan(whole: Whole, limit: number): PlannedChange {
    const { messages, instructions = '', tools = [] } = whole;
    const { mirrored, keep } = this.#find(messages);
    const { key, base } = mirrored;
    const toolText = tools.length === 0 ? noTools : JSON.stringify(tools);
    const added = messages.slice(keep);
    const sizes = added.map(jsonBytes);
    const messageBytes = sum(sizes);
    return {
      change: {
        mirror: base === undefined ? { key, keep } : { key, base, keep },
        messages: added,
        ...(instructions !== mirrored.instructions && { instructions }),
        ...(toolText !== mirrored.tools && { tools }),
      },
      messageBytes,
      toolBytes: tools.length === 0 ? 0 : Buffer.byteLength(toolText),
      list: { messages: messages.length, bytes: (mirrored.bytes[keep] ?? 0) + messageBytes },
      sent: (id) => {
        const { bytes } = mirrored;
        bytes.length = keep + 1;
        for (const size of sizes) bytes.push((bytes.at(-1) ?? 0) + size);
        this.#use({ key, base: id, messages, bytes, instructions, tools: toolText }, limit);
      },
      forget: () => {
        if (this.#mirrors.has(key)) this.#mirrors.set(key, emptyMirrored(key));
      },
    };
  }

  /**
   * The mirror to go on from: the one that shares most, of those that would not lose more than they save. A conversation that comes back
   * finds its own; one that only begins alike gets a new one. It decides about bytes alone: what the server has then is right anyway.
   */
  #find(messages: readonly Message[]): { mirrored: Mirrored; keep: number } {
    let found: Mirrored | undefined;
    let keep = 0;
    for (const mirrored of this.#mirrors.values()) {
      const shared = countShared(mirrored.messages, messages);
      const lost = mirrored.messages.length - shared;
      if (lost > Math.max(shared, fewMessages) || (found !== undefined && shared < keep)) continue;
      found = mirrored;
      keep = shared;
    }
    return { mirrored: found ?? emptyMirrored(String(this.#nextKey++)), keep };
  }

  #use(mirrored: Mirrored, limit: number): void {
    this.#mirrors.delete(mirrored.key);
    this.#mirrors.set(mirrored.key, mirrored);
    const [oldest] = this.#mirrors.keys();
    if (this.#mirrors.size > limit && oldest !== undefined) this.#mirrors.delete(oldest);
  }
}

function emptyMirrored(key: string): Mirrored {
  return { key, base: undefined, messages: [], bytes: [0], instructions: '', tools: noTools };
}

function countShared(before: readonly Message[], now: readonly Message[]): number {
  const end = Math.min(before.length, now.length);
  let index = 0;
  while (index < end && isSame(before[index], now[index])) index += 1;
  return index;
}

/** Equal JSON, keys in whatever order. Runs over the whole history with every request, so it makes little. */
function isSame(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false;
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  let others = Object.keys(other).length;
  for (const key in one) {
    others -= 1;
    if (!isSame(one[key as keyof typeof one], other[key as keyof typeof other])) return false;
  }
  return others === 0;
}

/** UTF-8 bytes of a value as JSON. */
export function jsonBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
