/**
 * Owns running one command of a build to its end, quietly: its output is seen only where it fails.
 * Never shows which registry a package came from.
 */
import { spawn } from 'node:child_process';

const KEPT_OUTPUT_CHARS = 100_000;
const REPORTED_LINES = 25;
const REPORTED_LINE_CHARS = 300;

/**
 * Runs a command and resolves when it has ended well.
 * @throws Error with the command and the end of its output, where it cannot be started or ends badly.
 */
export function runCommand(
  command: string,
  args: readonly string[],
  options: { cwd: string; env?: Record<string, string> },
): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    const keep = (text: string) => {
      output = (output + text).slice(-KEPT_OUTPUT_CHARS);
    };
    child.stdout.setEncoding('utf8').on('data', keep);
    child.stderr.setEncoding('utf8').on('data', keep);
    const fail = (why: string) => {
      reject(new Error(`\`${[command, ...args].join(' ')}\` ${why}\n${lastLines(withoutHosts(output))}`));
    };
    child.once('error', (error) => fail(`could not be started: ${error.message}`));
    child.once('close', (code, signal) => {
      if (code === 0) resolve();
      else fail(signal === null ? `ended with code ${code}` : `was ended by ${signal}`);
    });
  });
}

function lastLines(text: string): string {
  const lines = text.trimEnd().split('\n').slice(-REPORTED_LINES);
  return lines.map((line) => line.slice(0, REPORTED_LINE_CHARS)).join('\n');
}

function withoutHosts(text: string): string {
  return text.replaceAll(/(https?:\/\/)[^\s/"']+/g, '$1...').replaceAll(/host='[^']+'/g, "host='...'");
}
