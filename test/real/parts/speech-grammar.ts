/** Owns the sentences that a recogniser may choose from, in the form that pocketsphinx reads. Always holds the decoys. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decoySentences } from './decoy-sentences.ts';

/** Where Debian's `pocketsphinx-en-us` puts its models. */
export const englishModelFolder = '/usr/share/pocketsphinx/model/en-us';

/** What a recogniser chooses from. Make one with `speechGrammar`. */
export interface SpeechGrammar {
  /** The expected sentences as they were given, then the decoys. */
  readonly sentences: readonly string[];
  readonly jsgf: string;
  /** The pronunciations of the grammar's words, and of no others. */
  readonly dictionary: string;
  /** The sentence that consists of these words; undefined where none does. */
  sentenceOf(words: string): string | undefined;
}

/**
 * A grammar of the sentences that a test expects and of all decoys.
 * @throws Error that names the words that the recogniser's dictionary does not know.
 */
export async function speechGrammar(expected: readonly string[]): Promise<SpeechGrammar> {
  const byWords = new Map<string, string>();
  for (const sentence of [...expected, ...decoySentences]) {
    const words = wordsOf(sentence).join(' ');
    if (words === '') throw new Error(`"${sentence}" has no words to recognise`);
    if (!byWords.has(words)) byWords.set(words, sentence);
  }
  return {
    sentences: [...byWords.values()],
    jsgf: `#JSGF V1.0;\ngrammar sentences;\npublic <sentence> = ${[...byWords.keys()].join(' | ')};\n`,
    dictionary: await pronunciationsOf(new Set([...byWords.keys()].flatMap((words) => words.split(' ')))),
    sentenceOf: (words) => byWords.get(words),
  };
}

function wordsOf(sentence: string): string[] {
  return (
    sentence
      .toLowerCase()
      .replaceAll('’', "'")
      .match(/[\p{L}\p{N}']+/gu) ?? []
  );
}

let wholeDictionary: Promise<Map<string, string[]>> | undefined;

async function pronunciationsOf(words: ReadonlySet<string>): Promise<string> {
  wholeDictionary ??= readDictionary();
  const dictionary = await wholeDictionary;
  const unknown = [...words].filter((word) => !dictionary.has(word));
  if (unknown.length > 0) throw new Error(`The recogniser's dictionary has no word ${unknown.join(', ')}`);
  return [...words].flatMap((word) => dictionary.get(word) ?? []).join('\n') + '\n';
}

/** Lines by word; a word with several pronunciations has a line for each, as `word(2)`. */
async function readDictionary(): Promise<Map<string, string[]>> {
  const lines = await readFile(join(englishModelFolder, 'cmudict-en-us.dict'), 'utf8');
  const dictionary = new Map<string, string[]>();
  for (const line of lines.split('\n')) {
    const word = line.slice(0, line.indexOf(' ')).replace(/\(\d+\)$/, '');
    if (word !== '') dictionary.set(word, [...(dictionary.get(word) ?? []), line]);
  }
  return dictionary;
}
