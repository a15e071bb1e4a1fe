/** Every probe, in the order of the table. */
import type { Probe } from '../probe.ts';
import { modelStops, onlyWhatWasHeard, sameSocket } from './barge-in.ts';
import { answerAgain, bytesBeyondWords, toolsOnce } from './bytes.ts';
import { letsGo, namesItself, warmsUp } from './manners.ts';
import { deadLine, idleSocket, silentModel } from './waiting.ts';
import { firstWord, workBeforeSending, workOfTurn } from './work.ts';

/** Those that take no time but what the plugins take. */
export const quickProbes: Probe[] = [
  modelStops,
  sameSocket,
  onlyWhatWasHeard,
  bytesBeyondWords,
  toolsOnce,
  answerAgain,
  namesItself,
];

/** Those that wait to see that nothing happens, or that measure. */
const slowProbes: Probe[] = [
  silentModel,
  idleSocket,
  deadLine,
  workBeforeSending,
  workOfTurn,
  firstWord,
  letsGo,
  warmsUp,
];

export const allProbes: Probe[] = [...quickProbes, ...slowProbes];
