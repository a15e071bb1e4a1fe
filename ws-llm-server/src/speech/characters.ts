/** What kind of character a UTF-16 unit is, as far as marks and pauses depend on it. Knows nothing of where it stands. */

/** Also for what is not there: the beginning and the end of a reply are like space. */
export function isSpace(char: string): boolean {
  return char === '' || /\s/.test(char);
}

export function isDigit(char: string): boolean {
  return char >= '0' && char <= '9';
}

/** Letters, digits and what combines with them, but for what makes a picture of them. */
export const letters = /(?:[\p{L}\p{N}]|(?![\ufe0e\ufe0f\u20dd-\u20e4])\p{M})+/uy;

/** Whether it is one of `letters`. */
export function isWord(char: string): boolean {
  letters.lastIndex = 0;
  return letters.test(char);
}

/** Of a script that puts no space between words, so that a mark may touch letters on both sides. */
export function isUnspaced(char: string): boolean {
  return /[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Thai}\p{sc=Hang}ー々]/u.test(char);
}

/** What makes a picture of the character before it: keycaps and the like. */
export function isPicturing(char: string): boolean {
  return /\ufe0e|\ufe0f|[\u20dd-\u20e4]/.test(char);
}

/** Punctuation and symbols of ASCII: what a backslash takes the meaning from. */
export function isMark(char: string): boolean {
  return /[!-/:-@[-`{-~]/.test(char);
}

/** What stands at once after a word, or closes what it stands in. */
export function isClosing(char: string): boolean {
  return /[.,;:!?…%)\]}»”’"'。，、；：！？）】」』]/.test(char);
}
