/** Why the server does not start, for the operator: what can be corrected in a sentence, the rest with its stack. */
import { detailsOf, messageOf } from './thrown.ts';

type ErrorClass = abstract new (...args: never) => Error;

/**
 * @param plain errors whose message is written for the operator
 *
 * Never throws, also not for an error whose properties throw.
 */
export function explain(error: unknown, plain: readonly ErrorClass[]): string {
  try {
    if (error instanceof AggregateError) return error.errors.map((one) => explain(one, plain)).join('\n');
    if (plain.some((known) => error instanceof known)) return messageOf(error);
    if (isListenError(error)) return cannotListen(error);
  } catch {
    // It only looked like one of those.
  }
  const { message, stack } = detailsOf(error);
  return stack ?? message;
}

/** What `net` throws where a server cannot listen. */
interface ListenError extends Error {
  code: string;
  address: string;
  port: number;
}

function isListenError(error: unknown): error is ListenError {
  return error instanceof Error && 'syscall' in error && error.syscall === 'listen';
}

function cannotListen(error: ListenError): string {
  const { code, address, port } = error;
  if (code === 'EADDRINUSE')
    return `PORT: ${port} of ${address} is in use. Stop what listens there, or set PORT to another one.`;
  if (code === 'EACCES') return `PORT: ${port} is not for every user. Set PORT to one above 1023.`;
  if (code === 'EADDRNOTAVAIL') return `HOST: this machine has no address ${address}. Set HOST to 127.0.0.1.`;
  return `HOST, PORT: the server cannot listen there (${messageOf(error)}).`;
}
