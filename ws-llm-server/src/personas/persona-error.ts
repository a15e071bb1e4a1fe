/** Why a persona cannot be used, for the person who writes it. */

export class PersonaError extends Error {
  override readonly name = 'PersonaError';
  /** One line each: `path:line: key: what was expected`, as far as each is known. */
  readonly problems: readonly string[];

  constructor(problems: string | readonly string[]) {
    const all = [problems].flat();
    super(all.join('\n'));
    this.problems = all;
  }
}
