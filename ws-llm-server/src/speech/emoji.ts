/** Tells what is a picture from what is a character of the text. Digits, `©`, `®`, `™` and arrows of text are no pictures. */
import { isPicturing } from './characters.ts';
import { type Cursor, undecided } from './cursor.ts';
import type { SpokenOutput } from './spoken-output.ts';

/** Units that may be of a picture. */
export const pictures =
  /\ufe0e|\ufe0f|[\u20dd-\u20e4]|\u200d|[\u203c\u2049\u2139\u2194-\u2199\u21a9\u21aa\u231a-\u23ff\u24c2\u2500-\u275a\u2761-\u2775\u2795-\u27bf\u2934\u2935\u2b05-\u2b55\u3030\u303d\u3297\u3299\ud800-\udfff]/;

/** Symbols, dingbats and lines of boxes count as pictures too: nobody says them. */
const picture = /[\p{Extended_Pictographic}\p{Emoji_Modifier}\p{Regional_Indicator}\u2500-\u275a]/u;
const words = /[©®™]/;
/** Parts of flags. */
const tags = /[\u{e0020}-\u{e007f}]/u;
const joiner = '\u200d';

/** A picture, a part of one, or a character of two units. */
export function readPicture(cursor: Cursor, output: SpokenOutput): number {
  const { char, next } = cursor;
  const isHigh = /[\ud800-\udbff]/.test(char);
  if (isHigh && next === '' && !cursor.final) return undecided;
  const character = isHigh && /[\udc00-\udfff]/.test(next) ? char + next : char;
  if (isUnspoken(character, cursor)) output.gap();
  else output.say(character);
  return character.length;
}

function isUnspoken(character: string, cursor: Cursor): boolean {
  if (isPicturing(character) || tags.test(character)) return true;
  // Some scripts need joiners between their letters.
  if (character === joiner) return /[\ufe0f\udc00-\udfff]|[\u2190-\u3299]/.test(cursor.previous);
  // Half a character is none.
  if (/^[\ud800-\udfff]$/.test(character)) return true;
  return picture.test(character) && !words.test(character);
}
