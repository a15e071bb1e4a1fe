/**
 * Who is served next, where clients send more frames than can be handled at once. In each turn of the event
 * loop frames have a slice of time; what is left waits, and its client is not read meanwhile. Clients take
 * turns, frame by frame, and those that had nothing waiting come first, as in fair queueing (RFC 8290,
 * "new flows"). A large frame may take tens of milliseconds to parse: the next large one waits as long as
 * it took. Frames of one client keep their order.
 */

/** For frames, in each turn. The sockets to models and timers share the rest. */
const sliceMs = 2;
/** Parsing a smaller one takes about a millisecond at worst. */
const largeBytes = 16 * 1024;

/** A client as the queue sees it. */
export interface FrameSource {
  /** Stops reading from the client while its frames wait, so that no more of them pile up. */
  stopReading(reason: 'queue'): void;
  readAgain(reason: 'queue'): void;
}

interface Frame {
  isLarge: boolean;
  handle: () => void;
}

interface Flow {
  readonly source: FrameSource;
  readonly frames: Frame[];
}

export class FrameQueue {
  /** Every source that has frames waiting. */
  readonly #flows = new Map<FrameSource, Flow>();
  /** Those of which nothing was handled since they have something waiting, and the others. */
  #fresh: Flow[] = [];
  #served: Flow[] = [];
  #spentMs = 0;
  /** When the next large frame may be handled, on the clock of `performance.now()`. */
  #largeFrom = -Infinity;
  #turn: NodeJS.Immediate | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** Calls `handle`, now or later; not after `drop`. It must not throw. */
  add(source: FrameSource, bytes: number, handle: () => void): void {
    const frame = { isLarge: bytes >= largeBytes, handle };
    const flow = this.#flows.get(source);
    if (flow !== undefined) return void flow.frames.push(frame);
    if (this.#spentMs < sliceMs && this.#isDue(frame)) return this.#run(frame);
    const fresh = { source, frames: [frame] };
    this.#flows.set(source, fresh);
    this.#fresh.push(fresh);
    source.stopReading('queue');
    this.#nextTurn();
  }

  /** The client is gone, or about to be: what waits of it is not handled any more. */
  drop(source: FrameSource): void {
    const flow = this.#flows.get(source);
    this.#flows.delete(source);
    if (flow !== undefined) flow.frames.length = 0;
  }

  stop(): void {
    clearImmediate(this.#turn);
    clearTimeout(this.#timer);
    this.#flows.clear();
    this.#fresh = [];
    this.#served = [];
  }

  #isDue({ isLarge }: Frame): boolean {
    return !isLarge || performance.now() >= this.#largeFrom;
  }

  #run({ isLarge, handle }: Frame): void {
    const startedAt = performance.now();
    handle();
    const endedAt = performance.now();
    this.#spentMs += endedAt - startedAt;
    if (isLarge) this.#largeFrom = endedAt + (endedAt - startedAt);
    this.#nextTurn();
  }

  #nextTurn(): void {
    this.#turn ??= setImmediate(() => this.#serve());
  }

  #serve(): void {
    this.#turn = undefined;
    clearTimeout(this.#timer);
    this.#spentMs = 0;
    /** Those whose next frame is a large one that is not due yet. */
    const early: Flow[] = [];
    while (this.#spentMs < sliceMs) {
      const flow = this.#fresh.shift() ?? this.#served.shift();
      if (flow === undefined) break;
      const [frame] = flow.frames;
      // It was dropped.
      if (frame === undefined) continue;
      if (this.#isDue(frame)) this.#serveFirst(flow);
      else early.push(flow);
    }
    if (this.#fresh.length + this.#served.length > 0) this.#nextTurn();
    else if (early.length > 0) this.#wakeAt(this.#largeFrom);
    this.#served.push(...early);
  }

  #serveFirst(flow: Flow): void {
    const frame = flow.frames.shift();
    if (frame !== undefined) this.#run(frame);
    if (flow.frames.length > 0) return void this.#served.push(flow);
    // Not where it was dropped meanwhile.
    if (this.#flows.get(flow.source) !== flow) return;
    this.#flows.delete(flow.source);
    flow.source.readAgain('queue');
  }

  #wakeAt(time: number): void {
    this.#timer = setTimeout(() => this.#nextTurn(), Math.max(0, time - performance.now()));
  }
}
