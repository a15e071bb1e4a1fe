/** Which backends were asked for, in order, each with its model, from what LLM_BACKEND and LLM_MODEL say. Pure. */

const kinds = ['openai', 'ollama', 'demo'] as const;
type Kind = (typeof kinds)[number];

/** `model` undefined: the first that the backend lists; at OpenAI itself, a small quick one. */
export type BackendChoice =
  | { kind: Kind; model: string | undefined }
  /** A module of one's own, relative to the working directory or absolute. */
  | { kind: 'module'; path: string; model: string | undefined };

/** One entry of LLM_BACKEND: a kind, or a path, which has a slash in it or ends as modules do. */
export function isBackendName(name: string): boolean {
  return isKind(name) || /[/\\]|\.[cm]?[jt]s$/.test(name);
}

/** In the order of `names`; an empty place in `models` leaves that backend to choose for itself. */
export function toBackendChoices(names: readonly string[], models: string | undefined): BackendChoice[] {
  const asked = splitModels(models);
  return names.map((name, place) => {
    const model = asked[place];
    return isKind(name) ? { kind: name, model } : { kind: 'module', path: name, model };
  });
}

/** The model of a backend that is not named. */
export function firstModel(models: string | undefined): string | undefined {
  return splitModels(models)[0];
}

/** What cannot hold together, one line each. */
export function choiceContradictions(names: readonly string[], models: string | undefined): string[] {
  const problems: string[] = [];
  const twice = names.find((name, place) => names.indexOf(name) !== place);
  if (twice !== undefined) problems.push(`LLM_BACKEND: ${twice} is named twice`);
  if (splitModels(models).length > Math.max(1, names.length)) {
    problems.push(
      'LLM_MODEL: more models than backends; name the backends in LLM_BACKEND, in the same order',
    );
  }
  return problems;
}

function splitModels(models: string | undefined): (string | undefined)[] {
  return (models ?? '').split(',').map((model) => model.trim() || undefined);
}

function isKind(name: string): name is Kind {
  return kinds.some((kind) => kind === name);
}
