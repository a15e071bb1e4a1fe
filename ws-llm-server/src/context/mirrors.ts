/**
 * Mirrors: conversations that clients keep, cached here so that a request says only what changed. PROTOCOL.md, section 7.
 * Never guesses: a request that does not fit what is cached gets nothing, and its mirror is dropped.
 */
import type { Message, Tool } from '@ws-llm/protocol';
import { memorySize } from '../memory-size.ts';
import { KeptMemory, type MemoryKeeper, unlimitedMemory } from './memory-keeper.ts';

/** What a request says about its mirror. */
export interface MirrorChange {
  /** The request's own id, which the next change may name as its base. */
  id: string;
  key: string;
  base: string | undefined;
  keep: number;
  messages: readonly Message[];
  /** Absent: what was sent before stays. */
  instructions: string | undefined;
  tools: Tool[] | undefined;
}

/** A client's conversation as it is now. */
interface Mirrored {
  /** Never changed: each change makes a new list. */
  messages: Message[];
  instructions: string | undefined;
  tools: Tool[] | undefined;
}

export interface MirrorLimits {
  /** Mirrors that are kept; the one used longest ago goes first. */
  mirrors: number;
  messages: number;
  /** UTF-8 bytes of all messages of one mirror, as JSON. */
  listBytes: number;
}

interface Mirror extends Mirrored {
  /** The request that set it. */
  id: string;
  /** `bytes[n]`: the size of the first `n` messages as JSON, in UTF-8 bytes. */
  bytes: readonly number[];
  /** `memory[n]`: what the first `n` messages take in memory. */
  memory: readonly number[];
  /** What instructions and tools take in memory. */
  beside: number;
}

export type MirrorOutcome =
  /** `bytes`: the size of the whole list as JSON. */
  | { outcome: 'applied'; mirrored: Mirrored; bytes: number }
  /** The client must send everything again. */
  | { outcome: 'unknown' }
  | { outcome: 'too_large' };

export class Mirrors {
  readonly #limits: MirrorLimits;
  /** In the order of their use, the newest last. */
  readonly #mirrors = new Map<string, Mirror>();
  readonly #memory: KeptMemory;
  #bytes = 0;

  /** `keeper` counts what is cached. Where it refuses, a request is served and its mirror not cached. */
  constructor(limits: MirrorLimits, keeper: MemoryKeeper = unlimitedMemory) {
    this.#limits = limits;
    this.#memory = new KeptMemory(keeper);
  }

  /** Applies a change, whatever becomes of its request. */
  apply(change: MirrorChange): MirrorOutcome {
    const { key, base, keep } = change;
    const before = this.#mirrors.get(key);
    this.drop(key);
    // Without a base the client starts anew, and nothing that is cached matters.
    const known = base === undefined ? emptyMirror : before;
    if (known === undefined || (base !== undefined && known.id !== base) || keep > known.messages.length) {
      return { outcome: 'unknown' };
    }
    const mirror = changed(known, change);
    const { mirrors, messages, listBytes } = this.#limits;
    if (mirror.messages.length > messages || (mirror.bytes.at(-1) ?? 0) > listBytes) {
      return { outcome: 'too_large' };
    }
    this.#mirrors.set(key, mirror);
    if (this.#mirrors.size > mirrors) this.#forgetOldest();
    this.#bytes += memoryOf(key, mirror);
    if (!this.#memory.set(this.#bytes)) this.drop(key);
    const { messages: list, instructions, tools } = mirror;
    const bytes = mirror.bytes.at(-1) ?? 0;
    return { outcome: 'applied', mirrored: { messages: list, instructions, tools }, bytes };
  }

  /** A request that carried the key could not be read: what it changed is not known. */
  drop(key: string): void {
    const mirror = this.#mirrors.get(key);
    if (mirror === undefined) return;
    this.#mirrors.delete(key);
    this.#bytes -= memoryOf(key, mirror);
    this.#memory.set(this.#bytes);
  }

  #forgetOldest(): void {
    // A Map keeps the order of insertion.
    const [oldest] = this.#mirrors.keys();
    if (oldest !== undefined) this.drop(oldest);
  }
}

const emptyMirror: Mirror = {
  id: '',
  messages: [],
  bytes: [0],
  memory: [0],
  instructions: undefined,
  tools: undefined,
  beside: 0,
};

function memoryOf(key: string, { id, memory, beside }: Mirror): number {
  return memorySize(key) + memorySize(id) + (memory.at(-1) ?? 0) + beside;
}

function changed(before: Mirror, { id, keep, messages, instructions, tools }: MirrorChange): Mirror {
  const bytes = before.bytes.slice(0, keep + 1);
  const memory = before.memory.slice(0, keep + 1);
  for (const message of messages) {
    bytes.push((bytes.at(-1) ?? 0) + Buffer.byteLength(JSON.stringify(message)));
    // With the two sums.
    memory.push((memory.at(-1) ?? 0) + memorySize(message) + 16);
  }
  const isNew = instructions !== undefined || tools !== undefined;
  const sticky = { instructions: instructions ?? before.instructions, tools: tools ?? before.tools };
  return {
    id,
    messages: [...before.messages.slice(0, keep), ...messages],
    bytes,
    memory,
    ...sticky,
    beside: isNew ? memorySize(sticky) : before.beside,
  };
}
