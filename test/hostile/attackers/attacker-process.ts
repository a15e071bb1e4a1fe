/**
 * Many attackers in one separate process, so that neither the test nor the server shares its
 * event loop with them.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { RawClient, RefusedHandshake } from '../parts/raw-client.ts';
import type { AttackReport, FromAttackers, Squad, ToAttackers } from './attack-options.ts';
import { attack, dialectOf } from './patterns.ts';

const pingSlotMs = 100;
const beatMs = 10;

const report: AttackReport = {
  accepted: 0,
  refused: {},
  closed: {},
  sentMb: 0,
  stallMs: 0,
  pings: [],
  open: 0,
};
const clients = new Set<RawClient>();
let endedBytes = 0;
let startedAt = 0;

/** One attacker, with one socket after the other. */
async function attacker(port: number, squad: Squad, index: number): Promise<void> {
  do {
    await oneSocket(port, squad, index).catch((error: unknown) => {
      const reason = error instanceof RefusedHandshake ? String(error.status) : 'no connection';
      count(report.refused, reason);
    });
    await delay(squad.returnsAfterMs ?? 0);
  } while (squad.returnsAfterMs !== undefined);
}

async function oneSocket(port: number, squad: Squad, index: number): Promise<void> {
  const { pattern, role, firstAddress, persona } = squad;
  const client = await RawClient.open(port, {
    path: persona === undefined ? '/' : `/?persona=${persona}`,
    ...(role === 'guest' && { origin: 'null' }),
    ...(dialectOf(pattern, role) === 'v1' && { protocol: 'ws-llm.v1' }),
    ...(firstAddress !== undefined && { localAddress: `127.0.0.${firstAddress + index}` }),
  });
  report.accepted += 1;
  clients.add(client);
  client.onPing = () => {
    const slot = Math.floor((performance.now() - startedAt) / pingSlotMs);
    report.pings[slot] = (report.pings[slot] ?? 0) + 1;
  };
  const ended = new AbortController();
  const over = client.closed.then((end) => {
    count(report.closed, end === 'lost' ? 'lost' : String(end.code));
    endedBytes += client.socket.bytesWritten;
    clients.delete(client);
    ended.abort();
    client.destroy();
  });
  await attack(pattern, { client, role, signal: ended.signal });
  await over;
}

function sentBytes(): number {
  return [...clients].reduce(
    (sum, { socket }) => sum + socket.bytesWritten - socket.writableLength,
    endedBytes,
  );
}

function count(tally: Record<string, number>, what: string): void {
  tally[what] = (tally[what] ?? 0) + 1;
}

function answer(message: FromAttackers): void {
  process.send?.(message);
}

process.on('message', (message: ToAttackers) => {
  switch (message.type) {
    case 'attack':
      startedAt = performance.now();
      for (const squad of message.squads) {
        for (let index = 0; index < squad.count; index += 1) void attacker(message.port, squad, index);
      }
      return answer({ type: 'attack' });
    case 'report':
      report.open = clients.size;
      report.sentMb = sentBytes() / 1e6;
      return answer({ type: 'report', report });
  }
});
process.once('disconnect', () => process.exit());

let beatAt = performance.now();
setInterval(() => {
  const now = performance.now();
  if (startedAt > 0) report.stallMs = Math.max(report.stallMs, now - beatAt - beatMs);
  beatAt = now;
}, beatMs);
console.log('ready');
