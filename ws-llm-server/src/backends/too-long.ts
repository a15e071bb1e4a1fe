/**
 * Thrown if part of a model server's response exceeds its limit. The request is closed; a retry
 * would repeat it.
 */

export class TooLongError extends Error {
  override readonly name = 'TooLongError';

  /** `what`: a noun with its article, such as `a line`. `unit`: of `limit`. */
  constructor(what: string, limit: number, unit = 'characters') {
    super(`${what} of more than ${limit.toLocaleString('en')} ${unit}`);
  }
}
