/** What the demo says, and to what. Scenes are tried from the top; the last one fits everything. Pure. */
import { asksForFailure, demoFailure } from './demo-failures.ts';
import { type DemoStep, say } from './demo-reply.ts';

export const demoIntroduction =
  'This is the demo: no model is connected, so I answer from a short script. Start Ollama, or set OPENAI_API_KEY, and I become real.';

/** In one sentence, and such that it can be heard. */
export const demoMenu =
  'Ask me for markdown, my reasoning, a tool, a slow reply, a long reply, a feeling, what you said before, or an error.';

const markdown = `## What markdown looks like

This is **bold**, this is *slanted*, and this is \`code\`. 🎉

- The first of two items
- The second, with [a link](https://example.com)

1. First do this.
2. Then do that.

| Drink | Amount |
|-------|--------|
| Water | 1.5 l |
| Tea | 2 cups |

> Somebody said this.

\`\`\`js
console.log('hello');
\`\`\`

That was all of it.`;

const long = Array.from({ length: 20 }, (_, index) => `This is sentence ${index + 1} of 20, and it goes on.`);

const feelings: readonly (readonly [mood: RegExp, said: string])[] = [
  [/\b(?:sad|sorry|worried|concerned)\b/i, 'I am sorry to hear that. It must be hard, and I feel with you.'],
  [/\b(?:calm|quiet|relaxed)\b/i, 'Take a slow breath. All is calm, and there is no hurry.'],
  [/\b(?:serious|angry)\b/i, 'This is serious. Please listen carefully, because it matters.'],
  [/(?:)/, 'How wonderful! I am so happy, and this is the best day that a script can have!'],
];

export interface DemoScene {
  about: { test: (question: string) => boolean };
  /** So pressing that everything else, who speaks included, is said after it. */
  urgent?: true;
  steps: (question: string, earlier: readonly string[]) => DemoStep[];
}

const line = (text: string) => () => [say(text)];

/** `earlier`: what the person said before, the last of it first. */
export const demoScenes: readonly DemoScene[] = [
  {
    about: /emergency|chest pain|can(?:'|no)t breathe|suicid/i,
    urgent: true,
    steps: line(
      'If this is happening now, please call your local emergency number at once. Do not wait for an answer here.',
    ),
  },
  { about: { test: asksForFailure }, steps: demoFailure },
  { about: /\bmark ?down\b|\bformatt(?:ed|ing)\b/i, steps: line(markdown) },
  {
    about: /\breason(?:ing)?\b|\bthink (?:aloud|out loud|first)\b/i,
    steps: () => [
      {
        type: 'reasoning',
        text: 'Somebody wants to see me think. Two plus two: that is four. I am sure of it.',
      },
      say('I have thought about it. Two plus two is four.'),
    ],
  },
  {
    about: /\bslow(?:ly)?\b|\bwait\b|\bafter \d+ seconds?\b/i,
    steps: (question) => [
      { type: 'silence', forMs: secondsIn(question) * 1_000 },
      { type: 'text', text: 'This reply comes slowly, one word after the other.', wordMs: 300 },
    ],
  },
  { about: /\blong\b/i, steps: line(long.join(' ')) },
  {
    about: /\b(?:emotions?|feelings?|happy|sad|angry|calm)\b/i,
    steps: (question) => [say(feelings.find(([mood]) => mood.test(question))?.[1] ?? '')],
  },
  {
    about: /\b(?:i said|i say|said before|remember)\b/i,
    steps: (_, [last]) => [
      say(last === undefined ? 'This is the first thing that you said.' : `Before this you said: ${last}`),
    ],
  },
  {
    about: /headache|fever/i,
    steps: line(
      'I am sorry that you feel unwell. Rest, drink enough, and keep an eye on your temperature. If the fever stays above 39 degrees for two days, or your neck is stiff, please see a doctor soon.',
    ),
  },
  {
    about: /sleep|tired/i,
    steps: line(
      'Poor sleep wears anyone down. Try going to bed at the same time each night, and leave screens outside the bedroom. If it lasts for weeks, talk to your doctor about it.',
    ),
  },
  {
    about: /doctor|appointment/i,
    steps: line(
      'Write down when it began, what makes it better or worse, and what you already take. Then ask what it could be, what happens next, and when to come back.',
    ),
  },
  { about: /\b(?:who are you|what are you|help|what can (?:you|i)|demo)\b/i, steps: line(demoMenu) },
  {
    about: /\b(?:hello|hi|hey|good (?:morning|evening))\b/i,
    steps: line('Hello. It is good to hear from you. What is on your mind?'),
  },
  { about: /\b(?:thanks|thank you|bye)\b/i, steps: line('You are welcome. Take good care of yourself.') },
  { about: /(?:)/, steps: line(`I have no line for that in my script. ${demoMenu}`) },
];

/** As many as are asked for, at most a minute. */
function secondsIn(question: string): number {
  return Math.min(60, Number(/\b(\d{1,4}) seconds?/i.exec(question)?.[1] ?? 2));
}
