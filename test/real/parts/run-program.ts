/** Owns running a small program to its end with bytes in and bytes out. For what stays up, see child-process.ts. */
import { spawn } from 'node:child_process';
import { buffer, text } from 'node:stream/consumers';

/**
 * Resolves with all that the program wrote on its standard output.
 * @throws Error with its standard error, where it cannot be started or ends badly.
 */
export async function runProgram(command: string, args: readonly string[], input?: Buffer): Promise<Buffer> {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  // A program that ends before it has read everything says so itself, by its code and its standard error.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const [code, output, errors] = await Promise.all([ended, buffer(child.stdout), text(child.stderr)]);
  if (code !== 0) throw new Error(`${command} ended with code ${code}: ${errors.trim().slice(-2000)}`);
  return output;
}
