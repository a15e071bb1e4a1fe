/** A worker takes as many rooms as it was told, and LiveKit prefers the one that has fewer. */
import { expect, test } from 'vitest';
import { workerLoad } from '../src/worker-load.ts';

/** LiveKit's own default: from here on a worker gets no room. */
const targetLoad = 0.7;

test.each([1, 2, 8, 500])('of %i rooms each is offered, and none beyond', (maxRooms) => {
  const loads = Array.from({ length: maxRooms + 2 }, (_, rooms) => workerLoad(rooms, maxRooms));
  expect(loads.filter((load) => load < targetLoad)).toHaveLength(maxRooms);
  expect(loads.slice(maxRooms)).toEqual([1, 1]);
});

test('each room makes a worker say that it is fuller', () => {
  const loads = Array.from({ length: 9 }, (_, rooms) => workerLoad(rooms, 8));
  expect(loads).toEqual([...new Set(loads)].toSorted((one, other) => one - other));
});
