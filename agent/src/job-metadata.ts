/**
 * What a job's metadata asks for: the persona's name, as a plain word or as `{"persona": "..."}`. Other keys are somebody else's.
 * Pure; who asked for it and what to do about a mistake is the caller's business.
 */

/** `problem` is for a log: it says what is wrong and never repeats the metadata, which may hold what nobody should read there. */
export type JobMetadata = { persona: string | undefined } | { problem: string };

const personaName = /^[\w-]{1,64}$/;
const form = 'give a persona as one word of letters, digits, - and _, or as {"persona": "name"}';

/** @param metadata as the job has it; empty asks for nobody in particular */
export function readJobMetadata(metadata: string): JobMetadata {
  const text = metadata.trim();
  if (text === '') return { persona: undefined };
  if (!text.startsWith('{')) return checked(text, 'the job’s metadata is no name of a persona');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { problem: `the job’s metadata begins like JSON and is none; ${form}` };
  }
  const { persona } = value as { persona?: unknown };
  if (persona === undefined || persona === null || persona === '') return { persona: undefined };
  return checked(persona, '"persona" in the job’s metadata is no name of one');
}

function checked(name: unknown, wrong: string): JobMetadata {
  return typeof name === 'string' && personaName.test(name)
    ? { persona: name }
    : { problem: `${wrong}; ${form}` };
}
