/**
 * Finds what a text repeats of other texts: a model server's error may quote the whole request.
 * Both sides are compared after undoing escapes (`\n`, `\"`, `\u0041`, of any depth) and collapsing
 * white space. Pure, linear in the length of both sides. Imports nothing.
 */

/** In UTF-16 units. A shorter common run counts as a coincidence. */
const minRun = 24;
const replacement = '…';

/** Replaces each run of at least 24 characters that also occurs in one of `sources` by `…`. */
export function withoutEchoes(text: string, sources: Iterable<string>): string {
  const units = new Units(text.length);
  eachUnit(text, (code, from, to) => units.add(code, from, to));
  if (units.length < minRun) return text;
  const runs = new Runs(units);
  for (const source of sources) runs.search(source);
  return units.textWithout(text, runs.found);
}

/** The units of a text as they are compared, and where each stands in it. */
class Units {
  readonly codes: Uint16Array;
  readonly #from: Int32Array;
  readonly #to: Int32Array;
  length = 0;

  constructor(most: number) {
    this.codes = new Uint16Array(most);
    this.#from = new Int32Array(most);
    this.#to = new Int32Array(most);
  }

  add(code: number, from: number, to: number): void {
    this.codes[this.length] = code;
    this.#from[this.length] = from;
    this.#to[this.length] = to;
    this.length += 1;
  }

  /** `found[i]` is 1 if the run that begins at unit i is left out. */
  textWithout(text: string, found: Uint8Array): string {
    let kept = '';
    let next = 0;
    let end = 0;
    for (let at = 0; at < found.length; at += 1) {
      if (found[at] !== 1) continue;
      const start = this.#from[at] ?? 0;
      // Runs overlap: only the first of them leaves a mark.
      if (start > end || next === 0) kept += text.slice(next, start) + replacement;
      end = this.#to[at + minRun - 1] ?? text.length;
      next = end;
    }
    return kept + text.slice(next);
  }
}

const base = 0x01_00_01_93;
const leaving = Array.from({ length: minRun }).reduce<number>((power) => Math.imul(power, base), 1);
const ringMask = 31;
const filterMask = 0xff_ff;

/** Searches for all runs of the text by a rolling hash (Rabin-Karp). */
class Runs {
  readonly found: Uint8Array;
  readonly #units: Units;
  /** The starts of runs by their hash, without those that were found. */
  readonly #starts = new Map<number, number[]>();
  /** Avoids most lookups in the map. */
  readonly #filter = new Uint8Array(filterMask + 1);
  readonly #ring = new Uint16Array(ringMask + 1);

  constructor(units: Units) {
    this.#units = units;
    this.found = new Uint8Array(Math.max(0, units.length - minRun + 1));
    let hash = 0;
    for (let at = 0; at < units.length; at += 1) {
      const old = at < minRun ? 0 : (units.codes[at - minRun] ?? 0);
      hash = roll(hash, units.codes[at] ?? 0, old);
      if (at >= minRun - 1) this.#add(hash, at - minRun + 1);
    }
  }

  search(source: string): void {
    if (source.length < minRun) return;
    const ring = this.#ring;
    let count = 0;
    let hash = 0;
    eachUnit(source, (code) => {
      const old = count < minRun ? 0 : (ring[(count - minRun) & ringMask] ?? 0);
      ring[count & ringMask] = code;
      count += 1;
      hash = roll(hash, code, old);
      if (count >= minRun && this.#filter[hash & filterMask] === 1) this.#compare(hash, count);
    });
  }

  #add(hash: number, start: number): void {
    this.#filter[hash & filterMask] = 1;
    const starts = this.#starts.get(hash);
    if (starts === undefined) this.#starts.set(hash, [start]);
    else starts.push(start);
  }

  #compare(hash: number, count: number): void {
    const starts = this.#starts.get(hash);
    if (starts === undefined) return;
    const left = starts.filter((start) => !this.#isSame(start, count));
    if (left.length === starts.length) return;
    for (const start of starts) if (!left.includes(start)) this.found[start] = 1;
    if (left.length === 0) this.#starts.delete(hash);
    else this.#starts.set(hash, left);
  }

  #isSame(start: number, count: number): boolean {
    for (let at = 0; at < minRun; at += 1) {
      if (this.#units.codes[start + at] !== this.#ring[(count - minRun + at) & ringMask]) return false;
    }
    return true;
  }
}

function roll(hash: number, code: number, old: number): number {
  return (Math.imul(hash, base) + code - Math.imul(old, leaving)) | 0;
}

const space = 0x20;
const backslash = 0x5c;

/** Each unit of `text` as it is compared, with where it stands. */
function eachUnit(text: string, visit: (code: number, from: number, to: number) => void): void {
  let last = 0;
  let at = 0;
  while (at < text.length) {
    const from = at;
    let code = text.charCodeAt(at);
    at += 1;
    if (code === backslash) {
      while (text.charCodeAt(at) === backslash) at += 1;
      code = escapedUnit(text, at);
      at += escapedLength(text, at);
    }
    if (isSpace(code)) code = space;
    // Backslashes are dropped, and runs of white space collapsed.
    if (code === backslash || Number.isNaN(code) || (code === space && last === space)) continue;
    last = code;
    visit(code, from, at);
  }
}

/** The unit that an escape sequence stands for. */
function escapedUnit(text: string, at: number): number {
  const char = text[at] ?? '';
  if ('nrtfbv'.includes(char) && char !== '') return space;
  const length = escapedLength(text, at);
  return length > 1 ? Number.parseInt(text.slice(at + 1, at + length), 16) : text.charCodeAt(at);
}

function escapedLength(text: string, at: number): number {
  const digits = text[at] === 'u' ? 4 : text[at] === 'x' ? 2 : 0;
  if (digits > 0 && /^[\da-f]+$/i.test(text.slice(at + 1, at + 1 + digits).padEnd(digits, '-')))
    return 1 + digits;
  return at < text.length ? 1 : 0;
}

/** Includes control characters. */
function isSpace(code: number): boolean {
  if (code <= space || (code >= 0x7f && code <= 0xa0)) return true;
  if (code < 0x20_00) return false;
  return code <= 0x20_0f || code === 0x20_28 || code === 0x20_29 || code === 0x30_00 || code === 0xfe_ff;
}
