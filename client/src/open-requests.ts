/**
 * The requests of one v1 socket by id: each gets its parts in order, then exactly one end; what comes for any other id is nobody's.
 * Sends nothing and knows no socket.
 */
import type { WarmedFrame } from '@ws-llm/protocol';
import type { ReplyEnd, ReplyPart, ReplySink } from './reply.ts';
import { WarmSink } from './warming.ts';

/** As many as a server has to recognise: PROTOCOL.md, "Frames that are wrong". */
const rememberedIds = 1_024;

export class OpenRequests {
  readonly #open = new Map<string, ReplySink>();
  /** A server closes the socket, and with it everything else, where an id comes again. The first is the oldest. */
  readonly #used = new Set<string>();

  get size(): number {
    return this.#open.size;
  }

  has(id: string): boolean {
    return this.#open.has(id);
  }

  /** Whether what `id` names is still the request of this sink. */
  belongs(id: string, sink: ReplySink): boolean {
    return this.#open.get(id) === sink;
  }

  wasUsed(id: string): boolean {
    return this.#used.has(id);
  }

  add(id: string, sink: ReplySink): void {
    this.#open.set(id, sink);
    this.#used.add(id);
    if (this.#used.size <= rememberedIds) return;
    const [oldest] = this.#used;
    if (oldest !== undefined) this.#used.delete(oldest);
  }

  part(id: string, part: ReplyPart): void {
    this.#open.get(id)?.part(part);
  }

  end(id: string, end: ReplyEnd): void {
    const sink = this.#open.get(id);
    if (sink === undefined) return;
    this.#open.delete(id);
    sink.end(end);
  }

  /** False where the id is one of an open reply: that is no end for a reply. */
  warmed(id: string, warmed: Partial<WarmedFrame>): boolean {
    const sink = this.#open.get(id);
    if (sink === undefined) return true;
    if (!(sink instanceof WarmSink)) return false;
    this.#open.delete(id);
    sink.warmed(warmed);
    return true;
  }

  endAll(end: ReplyEnd): void {
    for (const id of this.#open.keys()) this.end(id, end);
  }
}
