/**
 * The ways to attack: what one socket does until it is closed. What it sends is shared, so that an
 * attacker costs itself little.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { frameHead, type RawClient } from '../parts/raw-client.ts';
import type { PatternName, Role } from './attack-options.ts';

export interface Attacker {
  client: RawClient;
  role: Role;
  /** Aborts when the socket has ended. */
  signal: AbortSignal;
}

const megabyte = Buffer.alloc(1_000_000, 'x');
/** Requests of one connection that may run or wait. */
const openRequests = 64;

/**
 * A request that the server refuses after it has set the mirror: it costs no request to the model.
 */
const refusedMore = ',"tool_choice":{"type":"function","function":{"name":"nobody"}}';

export function attack(pattern: PatternName, attacker: Attacker): Promise<void> {
  switch (pattern) {
    case 'fill-queue':
      return fillQueue(attacker);
    case 'hang':
      return hang(attacker);
    case 'never-read':
      return neverRead(attacker);
    case 'send-slowly':
      return sendSlowly(attacker);
    case 'large-mirrors':
      return largeMirrors(attacker);
    case 'annotations':
      return annotations(attacker);
    case 'unfinished-fragments':
      return unfinishedFragments(attacker);
    case 'idle':
      return Promise.resolve();
  }
}

/**
 * Which dialect a pattern is played in: guests fill the queue of the plain one, which keeps frames
 * as they came.
 */
export function dialectOf(pattern: PatternName, role: Role): 'plain' | 'v1' {
  return pattern === 'fill-queue' && role === 'guest' ? 'plain' : 'v1';
}

/** One chat hangs, and 63 of 1 MB wait behind it on the connection's thread. */
async function fillQueue({ client, role, signal }: Attacker): Promise<void> {
  const isPlain = dialectOf('fill-queue', role) === 'plain';
  client.send(isPlain ? plainChat('!hang') : chat('0', '!hang'));
  for (let index = 1; index < openRequests && !signal.aborted; index += 1) {
    const start = isPlain
      ? '{"type":"chat","messages":[{"role":"user","content":"'
      : `{"type":"chat","id":"${index}","messages":[{"role":"user","content":"`;
    await send({ client, signal }, start, megabyte, '"}]}');
  }
}

async function hang({ client, signal }: Pick<Attacker, 'client' | 'signal'>): Promise<void> {
  for (let index = 0; index < openRequests && !signal.aborted; index += 1) {
    client.send(chat(String(index), '!hang', { mirror: { keep: 0 } }));
    await client.drained();
  }
}

async function neverRead({ client, signal }: Attacker): Promise<void> {
  client.socket.pause();
  for (let index = 0; index < openRequests && !signal.aborted; index += 1) {
    client.send(chat(String(index), '!flood', { mirror: { keep: 0 } }));
    await client.drained();
  }
}

/** A whole frame, one byte at a time. */
async function sendSlowly({ client, signal }: Attacker): Promise<void> {
  const text = Buffer.from(chat('1', '!hang'));
  client.write(frameHead(1, text.length));
  for (let at = 0; at < text.length && !signal.aborted; at += 1) {
    client.write(text.subarray(at, at + 1));
    await delay(50, undefined, { signal }).catch(() => undefined);
  }
}

/**
 * Eight mirrors of 1 MB, again and again: what is kept must be bounded, and what is replaced must
 * be freed.
 */
async function largeMirrors({ client, role, signal }: Attacker): Promise<void> {
  // Guests may not choose tools, and so are refused after their mirror has been set, too.
  for (let index = 0; !signal.aborted; index += 1) {
    const start = `{"type":"chat","id":"${index}","mirror":{"key":"${index % 8}","keep":0}${refusedMore},"messages":[{"role":"user","content":"`;
    await send({ client, signal }, start, megabyte, '"}]}');
    // Once each is full, they are kept full at a pace at which the attackers' machine keeps up.
    if (index >= 8) await delay(role === 'guest' ? 500 : 1_000, undefined, { signal }).catch(() => undefined);
  }
}

/**
 * Replies that end at once, each followed by a question for its emotion, which the model leaves
 * open.
 */
async function annotations({ client, signal }: Attacker): Promise<void> {
  for (let index = 0; !signal.aborted; index += 1) {
    client.send(chat(String(index), '!say yes', { mirror: { keep: 0 }, annotate: ['emotion'] }));
    await client.drained();
    await delay(10, undefined, { signal }).catch(() => undefined);
  }
}

/** Just under the largest frame, in fragments of which the last never comes. */
async function unfinishedFragments({ client, signal }: Attacker): Promise<void> {
  const piece = megabyte.subarray(0, 100_000);
  for (let index = 0; index < 10 && !signal.aborted; index += 1) {
    client.write(frameHead(index === 0 ? 1 : 0, piece.length, false), piece);
    await client.drained();
  }
}

/** One text frame, in the pieces that it is made of. */
async function send(
  { client, signal }: Pick<Attacker, 'client' | 'signal'>,
  start: string,
  middle: Buffer,
  end: string,
): Promise<void> {
  if (signal.aborted) return;
  const [first, last] = [Buffer.from(start), Buffer.from(end)];
  client.write(frameHead(1, first.length + middle.length + last.length), first, middle, last);
  await client.drained();
}

function chat(id: string, content: string, more: object = {}): string {
  return JSON.stringify({ type: 'chat', id, messages: [{ role: 'user', content }], ...more });
}

function plainChat(content: string): string {
  return JSON.stringify({ type: 'chat', messages: [{ role: 'user', content }] });
}
