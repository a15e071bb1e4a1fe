/** How the demo says how its last reply feels, where it is asked for one of several words. Pure. */

/** The question comes last, perhaps after a long reply. */
const question = 'one of these words';
const listed = /^[^:]*: ([^?]+)\?/;

/** What is said, and the words that a list may have for it. */
const moods: readonly { said: RegExp; words: RegExp }[] = [
  {
    said: /wonderful|happy|best day/i,
    words: /cheer|happy|joy|excit|amus|playful|encourag|fröhlich|begeist/i,
  },
  { said: /sorry|feel with you|wears anyone down/i, words: /sympath|concern|sad|mitfühl|warm/i },
  { said: /serious|emergency|failed/i, words: /serious|concern|confident|mitfühl/i },
  { said: /calm|slow breath/i, words: /calm|neutral|confident|herzlich/i },
];

/** One of the words that are asked for; undefined: the question is another one. */
export function demoFeeling(asked: string, lastReply: string): string | undefined {
  const at = asked.toLowerCase().lastIndexOf(question);
  const words = at < 0 ? undefined : listed.exec(asked.slice(at))?.[1]?.split(', ');
  if (words === undefined) return undefined;
  // The reply may be in the question itself, before it.
  const reply = `${lastReply} ${asked.slice(0, at)}`;
  const mood = moods.find(({ said }) => said.test(reply));
  return words.find((word) => mood?.words.test(word)) ?? words[0];
}
