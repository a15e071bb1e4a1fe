/**
 * Owns speaking and recognising without an account: espeak-ng speaks, pocketsphinx hears. Knows nothing of sockets or rooms.
 *
 * pocketsphinx always finds some sentence of its grammar, whatever it hears. So what it found is compared with how our
 * own voice says that sentence, and is dropped where they differ for as long as a syllable.
 */
import { mkdtemp, rm, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runProgram } from './run-program.ts';
import { speechDifference } from './speech-difference.ts';
import { speechFeatures, type SpeechFeature } from './speech-features.ts';
import { englishModelFolder, type SpeechGrammar } from './speech-grammar.ts';

/** This voice at this pace is the one of espeak's that pocketsphinx understands best. */
const VOICE = 'en-us+f2';
const WORDS_PER_MINUTE = 140;

/** What `recognise` takes. */
export const recogniserSampleRate = 16_000;

/**
 * Measured over utterances damaged by codec, gain, tempo and lost packets: the right sentence stays below 5.2, one that
 * differs in a single short word starts at 8.
 */
const LARGEST_DIFFERENCE = 6.5;

/** Speaks a text: mono, signed 16-bit little-endian samples at the rate asked for. Empty for a text without words. */
export async function speak(text: string, sampleRate: number): Promise<Buffer> {
  const wav = await runProgram(
    'espeak-ng',
    ['-v', VOICE, '-s', String(WORDS_PER_MINUTE), '--stdin', '--stdout'],
    Buffer.from(text),
  );
  if (wav.length === 0) return wav;
  // -D: no dither, so that the same words are the same bytes. What espeak writes to a pipe has no length in its header.
  const raw = ['-r', String(sampleRate), '-c', '1', '-b', '16', '-e', 'signed-integer', '-t', 'raw', '-'];
  return runProgram('sox', ['-D', '-V1', '-t', 'wav', '--ignore-length', '-', ...raw], wav);
}

/**
 * The sentence of the grammar that was said, a decoy too; undefined where none was. Hears the voice of `speak` only.
 * `pcm` is 16 kHz mono, signed 16-bit little-endian; silence around the words does no harm.
 */
export async function recognise(pcm: Buffer, grammar: SpeechGrammar): Promise<string | undefined> {
  const heard = speechFeatures(pcm);
  if (heard.length === 0) return undefined;
  const sentence = grammar.sentenceOf(await bestPath(pcm, grammar));
  if (sentence === undefined) return undefined;
  const difference = speechDifference(heard, await featuresOf(sentence));
  return difference <= LARGEST_DIFFERENCE ? sentence : undefined;
}

/** The words that pocketsphinx finds most likely, however unlikely they are. */
async function bestPath(pcm: Buffer, grammar: SpeechGrammar): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ws-llm-speech-'));
  const file = (name: string) => join(folder, name);
  try {
    await Promise.all([
      writeFile(file('utterance.raw'), pcm),
      writeFile(file('utterances'), 'utterance\n'),
      writeFile(file('grammar'), grammar.jsgf),
      writeFile(file('dictionary'), grammar.dictionary),
    ]);
    const inputs = ['-adcin', 'yes', '-cepdir', folder, '-cepext', '.raw', '-ctl', file('utterances')];
    const models = [
      '-hmm',
      join(englishModelFolder, 'en-us'),
      '-dict',
      file('dictionary'),
      '-jsgf',
      file('grammar'),
    ];
    // The usual beams give up on a right path that begins badly, which with this accent some do.
    const beams = ['-beam', '1e-200', '-wbeam', '1e-200', '-pbeam', '1e-200'];
    const outputs = ['-hyp', file('result'), '-logfn', file('log')];
    await runProgram('pocketsphinx_batch', [...inputs, ...models, ...beams, ...outputs]);
    const result = await readFile(file('result'), 'utf8');
    return result.replace(/ ?\(utterance -?\d+\)\s*$/, '');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const spokenSentences = new Map<string, Promise<SpeechFeature[]>>();

function featuresOf(sentence: string): Promise<SpeechFeature[]> {
  let features = spokenSentences.get(sentence);
  if (features === undefined) {
    features = speak(sentence, recogniserSampleRate).then(speechFeatures);
    spokenSentences.set(sentence, features);
  }
  return features;
}
