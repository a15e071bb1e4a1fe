/**
 * How many files and sockets this process may have open, and what part of that clients may use. Without
 * this, clients and requests to the model could use up all of it, and nothing else could be opened.
 */
import { readFileSync } from 'node:fs';
import type { SharedLimits } from '@ws-llm/protocol';

/** Log, personas, page, listening sockets, health checks, and requests that are not replies. */
const reservedFiles = 64;
/** Each request to a model has a socket, and may leave an idle one behind. */
const requestPart = 1 / 3;

/** The soft limit, which Node raises to the hard one when it starts; undefined where it is not known. */
export function maxOpenFiles(): number | undefined {
  try {
    const limit = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    return limit === undefined ? undefined : Number(limit);
  } catch {
    // Only Linux has this file. Elsewhere the limits stay as they are configured.
    return undefined;
  }
}

/** `limits` with no more connections and requests than `openFiles` leaves room for. */
export function fitToOpenFiles(limits: SharedLimits, openFiles: number | undefined): SharedLimits {
  if (openFiles === undefined) return limits;
  const free = Math.max(2, openFiles - reservedFiles);
  const requests = Math.min(limits.requests, Math.max(1, Math.floor(free * requestPart)));
  return { ...limits, requests, connections: Math.min(limits.connections, Math.max(1, free - requests)) };
}
