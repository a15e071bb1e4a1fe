/**
 * Splits markdown into segments that can be parsed apart from each other, so that a growing reply
 * is parsed only at its end. Also estimates how long a parser would take. Both read the text once.
 */

export type Segment =
  /** A fenced code block that begins at the start of a line. */
  { type: 'code'; language: string | undefined; text: string } | { type: 'text'; text: string };

const fence = /^(`{3,})([^`]*)$|^(~{3,})(.*)$/;
/**
 * After a blank line these may continue what stands before it: indented text, and items of a list.
 */
const continuation = /^(?:[ \t]|[-*+][ \t]|\d{1,9}[.)][ \t])/;

export function splitSegments(markdown: string): Segment[] {
  const segments: Segment[] = [];
  let lines: string[] = [];
  let code: { mark: string; language: string | undefined } | undefined;
  const endText = (): void => {
    const text = lines.join('\n');
    if (text.trim() !== '') segments.push({ type: 'text', text });
    lines = [];
  };
  const endCode = (language: string | undefined): void => {
    segments.push({ type: 'code', language, text: lines.join('\n') });
    lines = [];
    code = undefined;
  };
  for (const line of markdown.split('\n')) {
    if (code !== undefined) {
      if (isClosing(line, code.mark)) endCode(code.language);
      else lines.push(line);
      continue;
    }
    const [, backticks, afterBackticks, tildes, afterTildes] = fence.exec(line) ?? [];
    const mark = backticks ?? tildes;
    if (mark !== undefined) {
      endText();
      code = { mark, language: languageOf(afterBackticks ?? afterTildes ?? '') };
      continue;
    }
    const isNew = lines.at(-1)?.trim() === '' && line.trim() !== '' && !continuation.test(line);
    if (isNew) endText();
    lines.push(line);
  }
  if (code === undefined) endText();
  else endCode(code.language);
  return segments;
}

/** A segment as markdown. */
export function rawOf(segment: Segment): string {
  if (segment.type === 'text') return segment.text;
  return `\`\`\`${segment.language ?? ''}\n${segment.text}\n\`\`\``;
}

function isClosing(line: string, mark: string): boolean {
  if (!line.trimStart().startsWith(mark) || /^ {4}/.test(line)) return false;
  const rest = line.trim();
  return rest === mark.charAt(0).repeat(rest.length);
}

function languageOf(info: string): string | undefined {
  return /^[\w+#-]+/.exec(info.trim())?.[0];
}

const space = 32;
const newline = 10;
const pipe = 124;
/** Indentation up to here is usual. */
const usualSpaces = 4;

/** Quotes and lists in one another; a parser calls itself for each level. */
const deepest = 24;
const containers = new RegExp(String.raw`^(?:[ \t]*(?:>|[-*+][ \t]|\d{1,9}[.)][ \t])){${deepest}}`, 'm');

/**
 * An upper bound of the steps that a markdown parser takes for a text. A parser may look through
 * the rest of a paragraph for every mark in it, and through the rest of a list for every mark in
 * that, though less often.
 */
export function parseCost(text: string): number {
  if (containers.test(text)) return Infinity;
  let cost = 0;
  let marks = 0;
  let marksInAll = 0;
  let start = 0;
  let spaces = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === newline && text.charCodeAt(at - 1) === newline) {
      cost += marks * (at - start);
      marksInAll += marks;
      marks = 0;
      start = at;
    }
    spaces = code === space ? spaces + 1 : 0;
    if (isMark(code) || spaces > usualSpaces) marks += 1;
  }
  marksInAll += marks;
  return cost + marks * (text.length - start) + (marksInAll * text.length) / 16;
}

function isMark(code: number): boolean {
  if (code === space || code === pipe || code > 127) return false;
  const isDigit = code >= 48 && code <= 57;
  const isLetter = (code >= 65 && code <= 90) || (code >= 97 && code <= 122);
  return !isDigit && !isLetter;
}
