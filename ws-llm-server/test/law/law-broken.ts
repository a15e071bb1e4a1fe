/** Thrown where the server broke its law; the message says which one, and what crossed the socket before. */
export class LawBroken extends Error {
  override readonly name = 'LawBroken';
  /** Which law, in a few words. */
  readonly law: string;

  constructor(law: string, what: string) {
    super(`${law}: ${what}`);
    this.law = law;
  }
}
