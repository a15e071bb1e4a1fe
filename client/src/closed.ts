/** How a socket ended: in words, and as the end of whatever ran on it. */
import { isRetryableClose } from '@ws-llm/protocol';
import type { ReplyEnd } from './reply.ts';

export interface Closed {
  code: number;
  reason: string;
}

/** `1012: restart`, or the code alone where no reason was given. */
export function describeClosed({ code, reason }: Closed): string {
  return reason === '' ? String(code) : `${code}: ${reason}`;
}

/** The end of a reply whose socket ended first. */
export function lostEnd(closed: Closed): Extract<ReplyEnd, { type: 'lost' }> {
  return {
    type: 'lost',
    closeCode: closed.code,
    message: `the connection ended (${describeClosed(closed)})`,
    retryable: isRetryableClose(closed.code),
  };
}
