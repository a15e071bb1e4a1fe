/** What was promised, and how it was not kept. */
export class LawBroken extends Error {
  override readonly name = 'LawBroken';
  readonly law: string;

  constructor(law: string, how: string) {
    super(`${law}: ${how}`);
    this.law = law;
  }
}
