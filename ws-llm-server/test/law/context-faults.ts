/** Faults of threads and mirrors that the law must catch. */
import { idOf, watching } from './fault-on-wire.ts';
import type { Fault, Wire, WireFrame } from './planted-fault.ts';

interface MirrorOfFrame {
  key: string;
  base?: string;
  keep: number;
}

/** What clients made of their mirrors, as far as a fault has to know. */
class MirrorNotes {
  readonly #notes = new Map<string, { last: string; length: number }>();

  /** How long the list is that `mirror` keeps some of; undefined where it names another base than the last. */
  lengthBefore({ key, base }: MirrorOfFrame): number | undefined {
    const note = this.#notes.get(key);
    return base !== undefined && note?.last === base ? note.length : undefined;
  }

  note(frame: WireFrame): void {
    const mirror = mirrorOf(frame);
    if (mirror === undefined) return;
    const { messages } = frame as unknown as { messages: readonly unknown[] };
    this.#notes.set(mirror.key, { last: idOf(frame), length: mirror.keep + messages.length });
  }
}

function mirrorOf(frame: WireFrame): MirrorOfFrame | undefined {
  const mirror = frame['mirror'] as MirrorOfFrame | { key?: undefined } | undefined;
  return mirror?.key === undefined ? undefined : mirror;
}

/** Changes what a request says of its mirror. */
function mirrorFault(
  name: string,
  change: (mirror: MirrorOfFrame, lengthBefore: number | undefined, frame: WireFrame) => object,
): Fault {
  return {
    name,
    kind: 'mirrors',
    onWire(wire) {
      const notes = new MirrorNotes();
      return {
        receive(frame) {
          const mirror = mirrorOf(frame);
          const changed = mirror === undefined ? {} : change(mirror, notes.lengthBefore(mirror), frame);
          notes.note(frame);
          wire.receive({ ...frame, ...changed });
        },
      };
    },
  };
}

/** Gives threads other names, which the client does not notice. */
function threadFault(name: string, rename: (thread: string, wire: Wire) => string | undefined): Fault {
  return {
    name,
    kind: 'threads',
    onWire(wire) {
      const resets: unknown[] = [];
      return {
        receive(frame) {
          const { thread, ...rest } = frame;
          if (frame.type === 'reset') resets.push(thread);
          const renamed = typeof thread === 'string' ? rename(thread, wire) : undefined;
          wire.receive({ ...rest, type: frame.type, ...(renamed !== undefined && { thread: renamed }) });
        },
        send(frame) {
          const thread = frame.type === 'reset_complete' ? resets.shift() : undefined;
          wire.send(thread === undefined ? frame : { ...frame, thread });
        },
      };
    },
  };
}

const connections = new WeakMap<Wire, number>();
let connectionCount = 0;

function connectionOf(wire: Wire): number {
  connectionCount += 1;
  const number = connections.get(wire) ?? connectionCount;
  connections.set(wire, number);
  return number;
}

export const contextFaults: readonly Fault[] = [
  mirrorFault('a mirror keeps one message too many', ({ key, base, keep }, lengthBefore = 0) => ({
    mirror: { key, base, keep: keep < lengthBefore ? keep + 1 : keep },
  })),
  mirrorFault('a mirror that is not known is taken for an empty one', (mirror, lengthBefore) => {
    const isUnknown = mirror.base !== undefined && lengthBefore === undefined;
    return { mirror: isUnknown ? { key: mirror.key, keep: 0 } : mirror };
  }),
  mirrorFault('a request that is refused does not count for its mirror', (mirror, _, { params }) => ({
    mirror: params !== undefined ? undefined : mirror,
  })),
  mirrorFault('the tools of a mirror are forgotten with the next request', ({ base }, _, { tools }) => ({
    tools: tools ?? (base === undefined ? undefined : []),
  })),
  threadFault('a named thread dies with its connection', (thread, wire) => `${thread} ${connectionOf(wire)}`),
  threadFault('two named threads are one', (thread) => thread.replace(/ .*/, '')),
  {
    name: 'a reset by name empties the own thread of the connection',
    kind: 'threads',
    onWire(wire) {
      const names: unknown[] = [];
      return {
        receive(frame) {
          if (frame.type === 'reset') names.push(frame['thread']);
          wire.receive(frame.type === 'reset' ? { type: 'reset' } : frame);
        },
        send(frame) {
          const thread = frame.type === 'reset_complete' ? names.shift() : undefined;
          wire.send(thread === undefined ? frame : { ...frame, thread });
        },
      };
    },
  },
  {
    name: 'a request that is cancelled while it waits is remembered',
    kind: 'threads',
    onWire(wire) {
      const waiting = new Map<string, unknown[]>();
      let remembered: unknown[] = [];
      const watched = watching({
        receive(frame, requests) {
          const isOnThread =
            frame.type === 'chat' && frame['mirror'] === undefined && frame['thread'] === undefined;
          const said = frame['messages'] as unknown[];
          if (frame.type === 'cancel' && requests.isWaiting(idOf(frame)))
            remembered.push(...(waiting.get(idOf(frame)) ?? []));
          if (!isOnThread) return wire.receive(frame);
          waiting.set(idOf(frame), said);
          wire.receive({ ...frame, messages: [...remembered, ...said] });
          remembered = [];
        },
      })(wire);
      return watched;
    },
  },
  {
    name: 'a reply of which nothing was heard is remembered all the same',
    kind: 'threads',
    onWire: (wire) => ({
      receive(frame) {
        const { heard, ...rest } = frame;
        const isEmpty = (heard as { content?: string } | undefined)?.content === '';
        wire.receive(isEmpty ? { ...rest, type: frame.type } : frame);
      },
    }),
  },
];
