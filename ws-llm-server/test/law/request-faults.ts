/** Faults of single requests that the law must catch: each what a real slip in the server would do, no more often than that slip would. */
import type { BackendEvent } from '../../src/backend.ts';
import { idOf, isCancelled, watching } from './fault-on-wire.ts';
import type { Fault, WireFrame } from './planted-fault.ts';

export const requestFaults: readonly Fault[] = [
  {
    name: 'a reply that is cancelled in the middle ends twice',
    kind: 'mirrors',
    onWire: watching({
      send(frame, requests, wire) {
        wire.send(frame);
        if (isCancelled(frame) && requests.textOf(idOf(frame)) !== '') wire.send(frame);
      },
    }),
  },
  {
    name: 'a reply that breaks off after content never ends',
    kind: 'threads',
    onWire: watching({
      send(frame, requests, wire) {
        if (frame['code'] !== 'backend_failed' || requests.textOf(idOf(frame)) === '') wire.send(frame);
      },
    }),
  },
  {
    name: 'a cancel of a request that waits is ignored',
    kind: 'threads',
    onWire: watching({
      receive(frame, requests, wire) {
        if (frame.type !== 'cancel' || !requests.isWaiting(idOf(frame))) wire.receive(frame);
      },
    }),
  },
  {
    name: 'a cancel in the middle is ignored',
    kind: 'mirrors',
    onWire: watching({
      receive(frame, requests, wire) {
        if (frame.type !== 'cancel' || requests.textOf(idOf(frame)) === '') wire.receive(frame);
      },
    }),
  },
  {
    name: 'a piece of a reply comes after its cancel was acknowledged',
    kind: 'mirrors',
    onWire: watching({
      send(frame, requests, wire) {
        const content = requests.textOf(idOf(frame));
        wire.send(frame);
        if (isCancelled(frame) && content !== '')
          setImmediate(() => wire.send({ type: 'delta', id: idOf(frame), content: 'late' }));
      },
    }),
  },
  {
    name: 'a piece of a reply is lost while another reply runs',
    kind: 'threads',
    onWire: watching({
      send(frame, requests, wire) {
        const isLost =
          frame.type === 'delta' && requests.open.size > 1 && requests.textOf(idOf(frame)) !== '';
        if (!isLost) wire.send(frame);
      },
    }),
  },
  {
    name: 'a piece of a reply carries the id of another that runs',
    kind: 'threads',
    onWire: watching({
      send(frame, requests, wire) {
        const other = [...requests.open.keys()].find((id) => id !== idOf(frame));
        wire.send(frame.type === 'delta' && other !== undefined ? { ...frame, id: other } : frame);
      },
    }),
  },
  {
    name: 'two replies of a thread run at once',
    kind: 'threads',
    onWire: watching({
      receive(frame, requests, wire) {
        const waits = frame.type === 'chat' && requests.isWaiting(idOf(frame));
        wire.receive(waits ? { ...frame, mirror: { keep: 0 } } : frame);
      },
    }),
  },
  {
    name: 'a reset leaves what was said in the thread',
    kind: 'threads',
    onWire: watching({
      receive(frame, requests, wire) {
        if (frame.type !== 'reset' || frame['thread'] !== undefined) return wire.receive(frame);
        const onThread = [...requests.open].filter(([, request]) => request.onThread);
        for (const [id] of onThread.toReversed()) wire.receive({ type: 'cancel', id });
        wire.send({ type: 'reset_complete' });
      },
    }),
  },
  {
    name: 'a reply that breaks off after content is told as complete',
    kind: 'threads',
    onWire: watching({
      send(frame, requests, wire) {
        if (frame['code'] !== 'backend_failed' || requests.textOf(idOf(frame)) === '')
          return wire.send(frame);
        const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 };
        const timing = { queue_ms: 0, first_token_ms: 1, total_ms: 1 };
        wire.send({
          type: 'complete',
          id: idOf(frame),
          finish_reason: 'stop',
          usage,
          timing,
          model: 'fake-model',
          backend: 'fake',
        });
      },
    }),
  },
  {
    name: 'a cancel leaves the request to the model running',
    kind: 'mirrors',
    onModel: (backend) => ({
      reply: (request, listener) =>
        backend.reply(request, { ...listener, signal: new AbortController().signal }),
    }),
  },
  {
    name: 'the requests of a client that is gone run on',
    kind: 'mirrors',
    onWire: () => ({
      end() {
        // Nobody is told.
      },
    }),
  },
  {
    name: 'two answers to a plain client change places',
    kind: 'plain',
    onWire(wire) {
      if (wire.dialect === 'v1') return {};
      let held: WireFrame | undefined;
      const release = (): void => {
        if (held !== undefined) wire.send(held);
        held = undefined;
      };
      return {
        send(frame) {
          if (frame.type === 'complete') {
            held = frame;
            setTimeout(release, 5);
          } else {
            wire.send(frame);
            release();
          }
        },
      };
    },
  },
  {
    name: 'an old turn is missing from what the model sees',
    kind: 'threads',
    onModel: (backend) => ({
      reply: (request, listener) => {
        const [system, ...history] = request.messages;
        const kept = history.length > 3 ? history.slice(2) : history;
        return backend.reply({ ...request, messages: [...(system ? [system] : []), ...kept] }, listener);
      },
    }),
  },
  {
    name: 'a reply that broke off after content is asked for again',
    kind: 'threads',
    onModel: (backend) => ({
      async reply(request, listener) {
        let hasSpoken = false as boolean;
        const onEvent = (event: BackendEvent): void => {
          hasSpoken = true;
          listener.onEvent(event);
        };
        try {
          await backend.reply(request, { ...listener, onEvent });
        } catch (error) {
          if (!hasSpoken || listener.signal.aborted) throw error;
          await backend.reply(request, listener);
        }
      },
    }),
  },
  {
    name: 'a request ends cancelled though nobody cancelled it',
    kind: 'threads',
    onWire: watching({
      receive(frame, requests, wire) {
        wire.receive(frame);
        const [oldest] = requests.open.keys();
        if (requests.open.size > 2 && oldest !== undefined) wire.receive({ type: 'cancel', id: oldest });
      },
    }),
  },
];
