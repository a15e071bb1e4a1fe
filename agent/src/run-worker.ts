/**
 * LiveKit's worker until it is told to stop: without a session it ends at once, with sessions it
 * takes no more rooms and ends when they are over, or at once on a second signal. LiveKit's own
 * command line would wait for processes that are just starting, and for its pause between two
 * attempts to connect.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { AgentServer, log, type ServerOptions } from '@livekit/agents';
import { killChildren, watchChildren } from './children.ts';

const lookEveryMs = 100;
const goodbyeMs = 1_000;
/** To shells and npm this is a program that was interrupted. */
const interrupted = 130;

/** Call once LiveKit's logger is there. Ends the process; does not return before. */
export async function runWorker(options: ServerOptions): Promise<void> {
  watchChildren();
  const server = new AgentServer(options);
  let isStopping = false;
  const stop = (signal: string): void => {
    if (isStopping) return end(interrupted);
    isStopping = true;
    const sessions = server.activeJobs.length;
    if (sessions === 0) return end(0);
    const advice = `${signal} again ends at once`;
    log().info({ sessions }, `${signal}: no more rooms; waiting for the sessions that run. ${advice}`);
    void drain(server, options.drainTimeout).then(() => end(0));
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => stop(signal === 'SIGINT' ? 'Ctrl+C' : signal));
  }
  try {
    await server.run();
  } catch (error) {
    if (isStopping) return;
    const why = error instanceof Error ? error.message : String(error);
    process.stderr.write(`The agent has ended: ${why}.\nCheck LIVEKIT_URL and that the server runs.\n`);
    end(1);
  }
}

function end(code: number): void {
  killChildren();
  process.exit(code);
}

/** Resolves when the last session is over, or when the longest wait is. */
async function drain(server: AgentServer, withinMs: number): Promise<void> {
  // It rejects where a process is still starting, although sessions run on; so they are counted as
  // well.
  const drained = server.drain().catch(() => {});
  const deadline = performance.now() + withinMs;
  while (server.activeJobs.length > 0 && performance.now() < deadline) await sleep(lookEveryMs);
  // Time for the last lines of the log, but no more: a process that was just starting does not hear
  // that it should end.
  await Promise.race([drained.then(() => server.close()), sleep(goodbyeMs)]);
}
