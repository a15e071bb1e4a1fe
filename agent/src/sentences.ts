/**
 * What the agent says without a model, in the languages that it knows. The persona's own words, where it has some, come from the server.
 * Knows no personas, only languages.
 */

/** One language. Each sentence is short: somebody waits for it. */
export interface Sentences {
  greeting: string;
  serverAway: string;
  serverBack: string;
  tooSlow: string;
  failed: string;
  /** Somebody spoke, and no words came of it. */
  notHeard: string;
  /** The last thing said: without ears there is no conversation. */
  cannotHear: string;
  /** Read, not heard. */
  cannotSpeak: string;
}

const english: Sentences = {
  greeting: 'Hello, how can I help you?',
  serverAway: 'Sorry, I cannot reach my service right now. Please stay with me, I keep trying.',
  serverBack: 'Thank you for waiting. I am back, how can I help you?',
  tooSlow: 'Sorry, that took too long. Could you please say it again?',
  failed: 'Sorry, something went wrong. Could you please say it again?',
  notHeard: 'Sorry, I did not hear that. Could you please say it again?',
  cannotHear: 'Sorry, I cannot hear you at the moment, so I have to end this call. Please try again later.',
  cannotSpeak: 'I cannot speak at the moment, so I answer in writing.',
};

const german: Sentences = {
  greeting: 'Hallo, wie kann ich Ihnen helfen?',
  serverAway:
    'Entschuldigung, ich erreiche meinen Dienst gerade nicht. Bitte bleiben Sie dran, ich versuche es weiter.',
  serverBack: 'Danke fürs Warten. Ich bin wieder da, wie kann ich Ihnen helfen?',
  tooSlow: 'Entschuldigung, das hat zu lange gedauert. Können Sie es bitte noch einmal sagen?',
  failed: 'Entschuldigung, da ist etwas schiefgegangen. Können Sie es bitte noch einmal sagen?',
  notHeard: 'Entschuldigung, das habe ich nicht gehört. Können Sie es bitte noch einmal sagen?',
  cannotHear:
    'Entschuldigung, ich kann Sie gerade nicht hören und muss das Gespräch beenden. Bitte versuchen Sie es später noch einmal.',
  cannotSpeak: 'Ich kann gerade nicht sprechen und antworte deshalb schriftlich.',
};

const spanish: Sentences = {
  greeting: 'Hola, ¿en qué puedo ayudarle?',
  serverAway:
    'Lo siento, ahora mismo no puedo conectar con mi servicio. No cuelgue, por favor, sigo intentándolo.',
  serverBack: 'Gracias por esperar. Ya estoy de vuelta, ¿en qué puedo ayudarle?',
  tooSlow: 'Lo siento, he tardado demasiado. ¿Puede repetirlo, por favor?',
  failed: 'Lo siento, algo ha salido mal. ¿Puede repetirlo, por favor?',
  notHeard: 'Perdone, no le he oído. ¿Puede repetirlo, por favor?',
  cannotHear:
    'Lo siento, en este momento no puedo oírle y tengo que terminar la llamada. Inténtelo más tarde, por favor.',
  cannotSpeak: 'En este momento no puedo hablar, así que respondo por escrito.',
};

const french: Sentences = {
  greeting: 'Bonjour, comment puis-je vous aider ?',
  serverAway: 'Désolé, je n’arrive pas à joindre mon service. Restez en ligne, je continue d’essayer.',
  serverBack: 'Merci d’avoir patienté. Je suis de retour, comment puis-je vous aider ?',
  tooSlow: 'Désolé, cela a pris trop de temps. Pouvez-vous répéter, s’il vous plaît ?',
  failed: 'Désolé, quelque chose s’est mal passé. Pouvez-vous répéter, s’il vous plaît ?',
  notHeard: 'Pardon, je n’ai pas entendu. Pouvez-vous répéter, s’il vous plaît ?',
  cannotHear:
    'Désolé, je ne vous entends pas en ce moment et je dois mettre fin à l’appel. Réessayez plus tard, s’il vous plaît.',
  cannotSpeak: 'Je ne peux pas parler en ce moment, alors je réponds par écrit.',
};

const languages: Record<string, Sentences> = { en: english, de: german, es: spanish, fr: french };

/** @param language as a persona names it, such as `de-CH`; English where it names none, or one that is not here */
export function sentencesIn(language: string | undefined): Sentences {
  const [primary = ''] = language?.toLowerCase().split(/[-_]/) ?? [];
  return languages[primary] ?? english;
}
