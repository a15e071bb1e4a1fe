/** What faults on the wire need: which requests are open, what was sent of each, and a way to change a frame on its way. */
import type { Fault, Wire, WireFrame } from './planted-fault.ts';

/** What a fault on the wire has to know of the requests of its connection. */
class Requests {
  /** Open ones in the order of their frames, whether they are on the connection's own thread, and the text that was sent of each. */
  readonly open = new Map<string, { onThread: boolean; text: string }>();

  received(frame: WireFrame): void {
    if (frame.type !== 'chat') return;
    const onThread = frame['mirror'] === undefined && frame['thread'] === undefined;
    this.open.set(idOf(frame), { onThread, text: '' });
  }

  sent(frame: WireFrame): void {
    const request = this.open.get(idOf(frame));
    if (frame.type === 'delta' && request !== undefined) request.text += String(frame['content']);
    if (isTerminal(frame)) this.open.delete(idOf(frame));
  }

  isWaiting(id: string): boolean {
    const onThread = [...this.open].filter(([, request]) => request.onThread).map(([other]) => other);
    return onThread.indexOf(id) > 0;
  }

  textOf(id: string): string {
    return this.open.get(id)?.text ?? '';
  }
}

export function idOf(frame: WireFrame): string {
  return String(frame['id']);
}

function isTerminal({ type, id }: WireFrame): boolean {
  return type === 'complete' || (type === 'error' && id !== undefined);
}

export function isCancelled(frame: WireFrame): boolean {
  return frame['finish_reason'] === 'cancelled';
}

/** Sees everything, and changes what `change` changes; each gets the requests as they were before the frame. */
export function watching(change: {
  send?: (frame: WireFrame, requests: Requests, wire: Wire) => void;
  receive?: (frame: WireFrame, requests: Requests, wire: Wire) => void;
}): NonNullable<Fault['onWire']> {
  return (wire) => {
    const requests = new Requests();
    return {
      send(frame) {
        if (change.send === undefined) wire.send(frame);
        else change.send(frame, requests, wire);
        requests.sent(frame);
      },
      receive(frame) {
        requests.received(frame);
        if (change.receive === undefined) wire.receive(frame);
        else change.receive(frame, requests, wire);
      },
    };
  };
}
