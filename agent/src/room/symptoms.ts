/** What has been collected so far, each symptom once: the latest answer holds. Pure. */
import type { PersonaFrames } from 'livekit-agents-plugin-ws-llm';

export type Symptom = PersonaFrames['symptoms_collected']['symptoms'][number];

/** Attributes of a participant are small; a list that long has no reader. */
const mostSymptoms = 100;

/** Later ones win, in the order in which each was first named. */
export function mergeSymptoms(known: readonly Symptom[], found: readonly Symptom[]): readonly Symptom[] {
  const merged = new Map(known.map((symptom) => [keyOf(symptom), symptom]));
  for (const symptom of found) merged.set(keyOf(symptom), symptom);
  return [...merged.values()].slice(-mostSymptoms);
}

function keyOf({ name }: Symptom): string {
  return name.trim().toLowerCase();
}
