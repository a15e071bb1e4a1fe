/** Sentences that are in no grammar, for proving that a recogniser does not take them for one that is. */

/** Nothing like what tests expect, or partly like it. */
export const strangeSentences: readonly string[] = [
  'Yes.',
  'No.',
  'Stop.',
  'Hello.',
  'I have a headache.',
  'I have a fever.',
  'A headache and a fever I have.',
  'Fever and a headache.',
  'I have a backache and a rash.',
  'I have a headache and a fever since yesterday evening.',
  'What should she do later?',
  'What is your name?',
  'What time does the library open?',
  'Who should I call now?',
  'How long is the river?',
  'How much will it cost to get there?',
  'Thanks a lot.',
  'I am fine.',
  'My knee is swollen and I am limping.',
  'Please tell me a long story about the sea.',
  'The bus arrives at seven in the evening.',
  'We are going to the theatre on Friday.',
  'The cat is hiding behind the curtain.',
  'Turn right before the first church.',
  'One, two, three, four, five, six, seven.',
  'My computer does not start any more.',
  'The quick brown fox jumps over the lazy dog.',
  'Never mind, I will call you back.',
  'Is there a pharmacy near here?',
  'The meeting was moved to Wednesday afternoon.',
  'Her new car is much faster than mine.',
  'Nobody knows where the treasure is buried.',
  'Could you open the window please?',
  'She sells sea shells by the sea shore.',
  'Hello, I am your travel agent. Where are you going today?',
  'Drink plenty of water and rest.',
  'You should rest and drink plenty of fluids, and see a doctor if it does not get better.',
  'I am sorry to hear that you are not feeling well.',
  'I am a large language model trained to help you with your questions.',
];

const otherWords = [
  'doctor',
  'window',
  'yesterday',
  'purple',
  'under',
  'seven',
  'slowly',
  'never',
  'small',
  'loud',
];

/** A sentence with one word wrong, missing or too much, at every third place each; and its first and last part alone. */
export function nearSentences(sentence: string): string[] {
  const words = sentence.split(' ');
  const other = (i: number) => otherWords[i % otherWords.length]!;
  const places = words.map((_, i) => i);
  return [
    ...places.filter((i) => i % 3 === 0).map((i) => words.with(i, other(i)).join(' ')),
    ...places.filter((i) => i % 3 === 1).map((i) => words.toSpliced(i, 1).join(' ')),
    ...places.filter((i) => i % 3 === 2).map((i) => words.toSpliced(i, 0, other(i)).join(' ')),
    [...words, other(words.length)].join(' '),
    words.slice(0, -2).join(' '),
    words.slice(2).join(' '),
  ];
}
