/**
 * A caller that has stopped waiting leaves nothing behind: no waiter at the socket, no listener at
 * its signal, no timer, and no promise that rejects without a handler.
 */
import { getEventListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { Socket } from '../src/socket.ts';
import { within } from '../src/within.ts';
import { serve } from './harness.ts';

function open(url: string): Socket {
  const socket = new Socket({
    url,
    headers: {},
    token: undefined,
    connectTimeoutMs: 2_000,
    onState: () => {},
    onUnexpected: () => {},
  });
  onTestFinished(() => socket.close());
  return socket;
}

test('attempts that time out or are aborted while a server sends no ready leave no waiter', async () => {
  const socket = open((await serve({ ready: null })).url);
  const abort = new AbortController();
  const attempts = [
    socket.open({ timeoutMs: 400 }),
    socket.openAhead({ timeoutMs: 400 }),
    socket.open({ timeoutMs: 5_000, signal: abort.signal }),
  ].map((attempt) =>
    attempt.then(
      () => 'nothing',
      (error: Error) => error.message,
    ),
  );
  await expect.poll(() => socket.waiting).toBe(3);
  abort.abort();
  expect(await Promise.all(attempts)).toEqual([
    expect.stringContaining('within 400 ms'),
    expect.stringContaining('within 400 ms'),
    'nothing',
  ]);
  expect(socket.waiting).toBe(0);
  expect(getEventListeners(abort.signal, 'abort')).toEqual([]);
});

test('closing ends every wait, also one without a time limit', async () => {
  const socket = open((await serve({ ready: null })).url);
  socket.warm();
  const waiting = socket.openAhead({ timeoutMs: Infinity });
  await expect.poll(() => socket.waiting).toBe(2);
  socket.close();
  await expect(waiting).rejects.toMatchObject({ reason: 'closed' });
  expect(socket.waiting).toBe(0);
});

test('closed in the moment in which the socket opens, a wait ends at once', async () => {
  const server = await serve({ ready: null });
  const socket: Socket = new Socket({
    url: server.url,
    headers: {},
    token: undefined,
    connectTimeoutMs: 2_000,
    onState: ({ type }) => {
      if (type === 'open') socket.close();
    },
    onUnexpected: () => {},
  });
  await expect(socket.openAhead({ timeoutMs: 5_000 })).rejects.toMatchObject({ reason: 'closed' });
  expect(socket.waiting).toBe(0);
});

test('a wait whose signal has aborted before starts nothing that could fail later', async () => {
  const started: string[] = [];
  const work = async (): Promise<never> => {
    started.push('work');
    throw new Error('nobody would handle this');
  };
  const options = { timeoutMs: 1_000, signal: AbortSignal.abort(), late: () => new Error('late') };
  expect(await within(work, options)).toBeUndefined();
  await sleep(0);
  expect(started).toEqual([]);
});
