// What whoever is in the room can read is written in order, and after what LiveKit is doing at that moment.
import type { Room } from '@livekit/rtc-node';
import { expect, test } from 'vitest';
import { RoomBoard } from '../src/room/board.ts';

const turn = { role: 'user', transcriptionMs: 150, endOfTurnMs: 530 } as const;

/** A room, what it was told so far, and when that was `count` times. */
function toldRoom(count: number): { room: Room; written: string[]; all: Promise<void> } {
  const written: string[] = [];
  let isAll!: () => void;
  const all = new Promise<void>((resolve) => {
    isAll = resolve;
  });
  const keep = async (what: string): Promise<void> => {
    written.push(what);
    if (written.length === count) isAll();
  };
  const localParticipant = {
    sendText: (_: string, { topic }: { topic: string }) => keep(topic),
    setAttributes: (attributes: object) => keep(Object.keys(attributes).join()),
  };
  return { room: { isConnected: true, localParticipant } as unknown as Room, written, all };
}

test('what is under way goes first, in however many steps', async () => {
  const { room, written, all } = toldRoom(1);
  new RoomBoard(room).tell('turn', turn);
  for (let step = 0; step < 1_000; step++) await Promise.resolve();
  expect(written).toEqual([]);
  await all;
  expect(written).toEqual(['ws-llm.turn']);
});

test('the room is told in order', async () => {
  const { room, written, all } = toldRoom(3);
  const board = new RoomBoard(room);
  board.show('caller', 'ann');
  board.tell('turn', turn);
  board.show('trouble', 'none');
  await all;
  expect(written).toEqual(['ws-llm.caller', 'ws-llm.turn', 'ws-llm.trouble']);
});
