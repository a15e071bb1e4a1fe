/** A request for a model that is not there, told with those that are. Its own class: another backend may have that model. */
import { BackendError } from '../backend.ts';
import { shownName } from './shown-name.ts';

/** More than this nobody reads. */
const maxNamed = 20;

export class UnknownModelError extends BackendError {
  /** `who` is `Ollama at http://...`; `known` are the names of the models that it has. */
  constructor(who: string, model: string, known: readonly string[]) {
    const named = known.slice(0, maxNamed).map(shownName).join(', ');
    const more = known.length > maxNamed ? ` and ${known.length - maxNamed} more` : '';
    const has = known.length === 0 ? 'It has none.' : `It has ${named}${more}.`;
    super('bad_request', `${who} has no model ${shownName(model)}. ${has}`, { retryable: false });
  }
}
