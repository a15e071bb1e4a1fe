/**
 * Events that came in one read, with text and reasoning that follow each other as one: whoever hands them on pays for each event, and
 * nobody can see them apart. Pure; what was read before a failure is yielded before it is thrown.
 */
import type { BackendEvent } from '../backend.ts';

type Words = Extract<BackendEvent, { type: 'text' | 'reasoning' }>;

export function* joinText(events: Iterable<BackendEvent>): Generator<BackendEvent, void, undefined> {
  let words: Words | undefined;
  try {
    for (const event of events) {
      if (words !== undefined && event.type === words.type) {
        words = { type: words.type, text: words.text + event.text };
        continue;
      }
      if (words !== undefined) yield words;
      words = undefined;
      if (event.type === 'text' || event.type === 'reasoning') words = event;
      else yield event;
    }
  } catch (error) {
    if (words !== undefined) yield words;
    throw error;
  }
  if (words !== undefined) yield words;
}
