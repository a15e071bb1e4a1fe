/** One question and its reply, as a load generator sees it, whatever it asks. Times are of the monotonic clock. */

export interface Question {
  /** What the last message says. Default: always the same. */
  content?: string;
  /** Hears each piece of text where it is read, before anything waits. */
  onText?: (text: string) => void;
}

export interface Turn {
  sentAt: number;
  /** When it came; taken where it is read, before anything waits. */
  firstTokenAt: Promise<number>;
  ended: Promise<void>;
  cancel: () => void;
}

/** One kept connection. */
export interface TurnClient {
  /** At once; one at a time. */
  turn(question?: Question): Turn;
  close(): void;
}

export const usualContent = 'How are you today?';

/** A promise and what settles it. */
export function settler<Value>(): { promise: Promise<Value>; resolve: (value: Value) => void } {
  let settle: (value: Value) => void = () => undefined;
  const promise = new Promise<Value>((resolve) => {
    settle = resolve;
  });
  return { promise, resolve: settle };
}
