/**
 * How full a worker says it is, between 0 and 1: rooms are counted. A model on the same machine takes all of its CPU while it answers, so CPU
 * would be no measure of whether one more room fits.
 */

/** LiveKit's server gives no more rooms to a worker that says so much (its `agents.target_load`). */
const targetLoad = 0.7;

/** Below the target while there is place, and the less the better; 1 when there is none. */
export function workerLoad(rooms: number, maxRooms: number): number {
  return rooms >= maxRooms ? 1 : (rooms / maxRooms) * targetLoad;
}
