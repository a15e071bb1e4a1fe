/** A reasoning effort in the words of Ollama's `think`, and what its refusals teach about a model. Pure. */

/** Whether a model takes levels, only yes or no, or nothing at all. Every model counts as the first until it refuses. */
export type ThinkingSupport = 'levels' | 'switch' | 'none';

export type Think = boolean | 'low' | 'medium' | 'high';

const levels: Record<string, Think> = {
  none: false,
  minimal: 'low',
  low: 'low',
  medium: 'medium',
  high: 'high',
  xhigh: 'high',
};

/** Undefined: left to the model. An effort that is not known is an effort. */
export function toThink(effort: string | undefined, support: ThinkingSupport): Think | undefined {
  if (effort === undefined || support === 'none') return undefined;
  const think = levels[effort] ?? true;
  return support === 'switch' ? think !== false : think;
}

/** What to believe after `complaint` about a request with `think`; undefined where it is about something else. */
export function supportAfter(complaint: string, think: Think | undefined): ThinkingSupport | undefined {
  if (think === undefined || !/\bthink(?:ing)?\b/i.test(complaint)) return undefined;
  // Ollama: `"llama3.2" does not support thinking`, or `think value "low" is not supported for this model`.
  return typeof think === 'string' && !/does not support thinking/i.test(complaint) ? 'switch' : 'none';
}
