/** What the frames of one reply say together. Pure. */
import type { ReceivedFrame } from '../../stand-ins/test-socket.ts';

/** @throws Error where the reply ended by anything else */
export function completeOf(frames: readonly ReceivedFrame[]): ReceivedFrame {
  const last = frames.at(-1);
  if (last?.type !== 'complete') throw new Error(`no reply but ${JSON.stringify(last)}`);
  return last;
}

export function textOf(frames: readonly ReceivedFrame[]): string {
  return frames.map((frame) => (frame.type === 'delta' ? String(frame['content']) : '')).join('');
}

/** In milliseconds, as the server measured it. */
export function firstTokenMs(frames: readonly ReceivedFrame[]): number {
  return (completeOf(frames)['timing'] as { first_token_ms: number }).first_token_ms;
}
