/** What the agent says without a model. The persona's own words, where it has some, come from the server. */

export const sentences = {
  greeting: 'Hello, how can I help you?',
  serverAway: 'Sorry, I cannot reach my service right now. Please stay with me, I keep trying.',
  serverBack: 'Thank you for waiting. I am back, how can I help you?',
  tooSlow: 'Sorry, that took too long. Could you please say it again?',
  failed: 'Sorry, something went wrong. Could you please say it again?',
} as const;
