/** What a process between model and client was doing while tokens came late. Pure. */
import type { Pause } from '../child.ts';

/** A token on its way; both moments are of the monotonic clock, in milliseconds. */
export interface Passage {
  sentAt: number;
  heardAt: number;
}

/** More than a token takes anywhere but after a pause. */
const lateMs = 2;
/** What has waited for a pause to end waits for what came before it as well. */
const catchUpMs = 3;

/** In a line: `2.8 % of tokens later than 2 ms, of these 47 % by garbage, 50 % by another stop of its loop`. */
export function whyLate(passages: readonly Passage[], pauses: readonly Pause[]): string {
  const late = passages.filter(({ sentAt, heardAt }) => heardAt - sentAt > lateMs);
  const met = (why: Pause['why'], { sentAt, heardAt }: Passage): boolean =>
    pauses.some(
      (pause) => pause.why === why && pause.at < heardAt && pause.at + pause.ms > sentAt - catchUpMs,
    );
  const byGarbage = late.filter((passage) => met('garbage', passage));
  const byOther = late.filter((passage) => !met('garbage', passage) && met('still', passage));
  const share = (part: readonly Passage[]): string =>
    `${((100 * part.length) / Math.max(1, late.length)).toFixed(0)} %`;
  const lateShare = ((100 * late.length) / Math.max(1, passages.length)).toFixed(1);
  const said = `${lateShare} % of tokens later than ${lateMs} ms`;
  return pauses.length === 0
    ? said
    : `${said}, of these ${share(byGarbage)} by garbage, ${share(byOther)} by another stop of its loop`;
}
