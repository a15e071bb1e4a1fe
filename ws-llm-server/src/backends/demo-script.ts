/** What the demo backend says. Answers are tried from the top; the last one fits everything. */

export const demoIntroduction =
  'This is the demo: no model is connected, so I answer from a short script. Start Ollama, or set OPENAI_API_KEY, and I become real.';

export const demoAnswers: readonly { about: RegExp; answer: string }[] = [
  {
    about: /emergency|chest pain|can(?:'|no)t breathe|suicid/i,
    answer:
      'If this is happening now, please call your local emergency number at once. Do not wait for an answer here.',
  },
  {
    about: /headache|fever/i,
    answer:
      'I am sorry that you feel unwell. Rest, drink enough, and keep an eye on your temperature. If the fever stays above 39 degrees for two days, or your neck is stiff, please see a doctor soon.',
  },
  {
    about: /sleep|tired/i,
    answer:
      'Poor sleep wears anyone down. Try going to bed at the same time each night, and leave screens outside the bedroom. If it lasts for weeks, talk to your doctor about it.',
  },
  {
    about: /doctor|appointment|ask/i,
    answer:
      'Write down when it began, what makes it better or worse, and what you already take. Then ask what it could be, what happens next, and when to come back.',
  },
  {
    about: /\b(?:hello|hi|hey|good (?:morning|evening))\b/i,
    answer: 'Hello. It is good to hear from you. What is on your mind?',
  },
  { about: /\b(?:thanks|thank you|bye)\b/i, answer: 'You are welcome. Take good care of yourself.' },
  {
    about: /(?:)/,
    answer:
      'I have no line for that in my script. Ask me about a headache, about sleep, or about seeing a doctor.',
  },
];
