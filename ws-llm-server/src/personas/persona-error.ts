/** Why a persona cannot be used, for the person who writes it. */

/** A file with more mistakes than these is not what its author thinks it is. */
export const maxProblems = 20;
/** Parsers quote the text that they cannot read, however long it is. */
const maxProblemChars = 1_000;

export class PersonaError extends Error {
  override readonly name = 'PersonaError';
  /** One line each: `path:line: key: what was expected`, as far as each is known. */
  readonly problems: readonly string[];

  constructor(problems: string | readonly string[]) {
    const given = [problems].flat();
    const told = given.slice(0, maxProblems).map((problem) => problem.slice(0, maxProblemChars));
    const all = given.length === told.length ? told : [...told, 'and more mistakes'];
    super(all.join('\n'));
    this.problems = all;
  }
}
