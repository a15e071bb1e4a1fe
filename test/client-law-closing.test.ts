/**
 * What is closed while it opens ends closed: after any order of open, chat, timeout, abort, failure
 * and close, no socket is open on either side, no timer runs, and no promise is pending.
 */
import { setImmediate as tick, setTimeout as sleep } from 'node:timers/promises';
import { initializeLogger } from '@livekit/agents';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { ClientTimers } from './client-law/client-timers.ts';
import { createOwner } from './client-law/closing-owner.ts';
import { type ClosingScript, closingScripts } from './client-law/closing-script.ts';
import { Doors } from './client-law/doors.ts';

initializeLogger({ pretty: false, level: 'silent' });

const cases = Number(process.env['WS_LLM_CLIENT_LAW_CASES'] ?? 300);
const seed = Number(process.env['WS_LLM_LAW_SEED'] ?? Date.now() % 1_000_000_000);
const lanes = 16;
/** Much longer than a closing handshake on loopback, shorter than any time limit of the owners. */
const goneWithinMs = 1_500;

/** Throws what is left, if anything is. */
async function play(script: ClosingScript): Promise<void> {
  const doors = await Doors.open(script.doors);
  const sockets: WebSocket[] = [];
  const owner = createOwner(script, doors.url, sockets);
  let pending = 0;
  const begin = (work: Promise<unknown>): void => {
    pending += 1;
    const ended = (): void => void (pending -= 1);
    work.then(ended, ended);
  };
  try {
    for (const step of script.steps) {
      if (step.type === 'open') {
        const opening = owner.open();
        begin(opening);
        if (step.waits) await opening.catch(() => {});
      }
      if (step.type === 'warm') owner.warm();
      else if (step.type === 'chat') {
        const abort = new AbortController();
        for (let reply = 0; reply < step.replies; reply += 1) begin(owner.chat(step.timeoutMs, abort.signal));
        if (step.abortMs !== undefined) begin(sleep(step.abortMs).then(() => abort.abort()));
      } else if (step.type === 'pause') await sleep(step.ms);
      else if (step.type === 'tick') await tick();
      else if (step.type === 'cut') doors.cut();
      else if (step.type === 'close') owner.close();
    }
    owner.close();
    const left = (): object => ({
      pending,
      lines: doors.lines,
      sockets: sockets.filter(({ readyState }) => readyState !== WebSocket.CLOSED).length,
    });
    const nothing = { pending: 0, lines: 0, sockets: 0 };
    const isLeft = (): boolean => JSON.stringify(left()) !== JSON.stringify(nothing);
    const deadline = performance.now() + goneWithinMs;
    while (isLeft() && performance.now() < deadline) await sleep(5);
    // The network may bring a connection to the server only after its client has given it up.
    await sleep(15);
    while (isLeft() && performance.now() < deadline) await sleep(5);
    expect(left()).toEqual(nothing);
  } finally {
    await doors.close();
  }
}

test(
  'nothing is left of what is closed while it opens, whatever happens in which order',
  { timeout: 30_000 + cases * 100 },
  async () => {
    const timers = new ClientTimers();
    onTestFinished(() => timers.restore());
    const left = fc.sample(closingScripts, { numRuns: cases, seed });
    const lane = async (): Promise<void> => {
      for (let script = left.pop(); script !== undefined; script = left.pop()) {
        try {
          await play(script);
        } catch (error) {
          left.length = 0;
          expect.fail(`${String(error)}\nWS_LLM_LAW_SEED=${seed}\n${JSON.stringify(script)}`);
        }
      }
    };
    await Promise.all(Array.from({ length: lanes }, lane));
    expect(timers.started).toBeGreaterThan(cases / 4);
    expect(timers.open).toBe(0);
  },
);
