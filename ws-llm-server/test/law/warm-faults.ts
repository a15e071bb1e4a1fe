/** Faults of warming up that the law must catch. */
import { idOf } from './fault-on-wire.ts';
import type { Fault, Wire, WireFrame } from './planted-fault.ts';

/** Sees which requests are a `warm`; each way gets the frame and whether it is of one. */
function watchingWarms(change: {
  send?: (frame: WireFrame, isOfWarm: boolean, wire: Wire) => void;
  receive?: (frame: WireFrame, isOfWarm: boolean, wire: Wire) => void;
}): NonNullable<Fault['onWire']> {
  return (wire) => {
    const warms = new Set<string>();
    return {
      send(frame) {
        if (change.send === undefined) wire.send(frame);
        else change.send(frame, warms.has(idOf(frame)), wire);
      },
      receive(frame) {
        if (frame.type === 'warm') warms.add(idOf(frame));
        if (change.receive === undefined) wire.receive(frame);
        else change.receive(frame, warms.has(idOf(frame)), wire);
      },
    };
  };
}

export const warmFaults: readonly Fault[] = [
  {
    name: 'a warm that is cancelled ends twice',
    kind: 'mirrors',
    onWire: watchingWarms({
      send(frame, isOfWarm, wire) {
        wire.send(frame);
        if (isOfWarm && frame.type === 'complete') wire.send(frame);
      },
    }),
  },
  {
    name: 'a cancel of a warm is ignored',
    kind: 'mirrors',
    onWire: watchingWarms({
      receive(frame, isOfWarm, wire) {
        if (frame.type !== 'cancel' || !isOfWarm) wire.receive(frame);
      },
    }),
  },
  {
    name: 'a cancel of a warm leaves its request to the model running',
    kind: 'mirrors',
    onModel: (backend) => ({
      warm: (request) => backend.warm(request, { signal: new AbortController().signal }),
    }),
  },
  {
    name: 'a warm does not wait until the model is idle',
    kind: 'mirrors',
    onModel: (backend) => ({ warm: (request, options) => backend.warmAtOnce(request, options) }),
  },
  {
    name: 'a warm is remembered by its thread',
    kind: 'threads',
    onWire(wire) {
      let remembered: unknown[] = [];
      return {
        receive(frame) {
          const isOnThread = frame['mirror'] === undefined && frame['thread'] === undefined;
          const said = frame['messages'] as unknown[];
          if (frame.type !== 'chat' || !isOnThread) {
            if (frame.type === 'warm' && isOnThread) remembered.push(...said);
            return wire.receive(frame);
          }
          wire.receive({ ...frame, messages: [...remembered, ...said] });
          remembered = [];
        },
      };
    },
  },
];
