/** What the agent has noted so far. Each says in words, not by colour alone, whether the caller has it. */
import type { Symptom } from '../logic/notices.ts';

const words: Record<Symptom['choice_id'], string> = { present: 'yes', absent: 'no', unknown: 'not sure' };

export function Symptoms({ symptoms }: { symptoms: readonly Symptom[] }) {
  return (
    <section class="symptoms" aria-label="Noted so far" aria-live="polite">
      <h2 class="symptoms-title">Noted so far</h2>
      <ul class="symptoms-list">
        {symptoms.map(({ name, choice_id: choice }) => (
          <li key={name} class="symptom" data-choice={choice}>
            {name} <span class="symptom-choice">{words[choice]}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
