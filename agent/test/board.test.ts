// What whoever is in the room can read is written in order, and after what LiveKit is doing at that moment.
import { setImmediate } from 'node:timers/promises';
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

interface Settle {
  resolve(): void;
  reject(error: Error): void;
}

/** A room that has been left: each write takes until the test settles it. */
function slowRoom(): {
  room: Room;
  /** What it was told, as it came. */
  words: unknown[];
  settle: Settle[];
  /** Resolves when so many writes have begun. */
  begun: (count: number) => Promise<void>;
} {
  const words: unknown[] = [];
  const settle: Settle[] = [];
  let wake = (): void => undefined;
  const take = (what: unknown): Promise<void> => {
    words.push(what);
    const write = new Promise<void>((resolve, reject) => settle.push({ resolve, reject }));
    wake();
    return write;
  };
  const begun = async (count: number): Promise<void> => {
    while (settle.length < count) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  const localParticipant = { sendText: take, setAttributes: take };
  return { room: { isConnected: false, localParticipant } as unknown as Room, words, settle, begun };
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

test('one thing is told after the other, also where the room takes its time', async () => {
  const { room, begun, settle } = slowRoom();
  const board = new RoomBoard(room);
  board.show('caller', 'ann');
  board.tell('turn', turn);
  await begun(1);
  for (let step = 0; step < 10; step++) await setImmediate();
  expect(settle).toHaveLength(1);
  settle[0]?.resolve();
  await begun(2);
});

test('what could not be told keeps nothing else from being told', async () => {
  const { room, begun, settle } = slowRoom();
  const board = new RoomBoard(room);
  board.show('caller', 'ann');
  board.show('trouble', 'none');
  await begun(1);
  settle[0]?.reject(new Error('the room is gone'));
  await begun(2);
});

test('what is told is JSON', async () => {
  const { room, begun, words } = slowRoom();
  new RoomBoard(room).show('caller', 'ann');
  new RoomBoard(room).tell('turn', turn);
  await begun(2);
  expect(words).toEqual([{ 'ws-llm.caller': '"ann"' }, JSON.stringify(turn)]);
});
