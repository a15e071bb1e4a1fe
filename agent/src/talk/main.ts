/**
 * `npm run talk`: everything between a person and the agent, from one command. Starts what is missing, serves the voice page, and takes all
 * of it down again when it ends.
 */
import { environment } from '../env.ts';
import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { initializeLogger } from '@livekit/agents';
import { startChild, type Child } from './child.ts';
import { openBrowser } from './open-browser.ts';
import { findPersonaServer } from './persona-server.ts';
import { startTalkServer } from './talk-server.ts';
import { prepareTalk, SetupError } from './talk-setup.ts';
import { writeTicket } from './tickets.ts';

const usualPort = 8766;
const workerWithinMs = 120_000;
const page = new URL('../../../chat-client/voice-client.html', import.meta.url);
const serverMain = new URL('../../../ws-llm-server/dist/main.js', import.meta.url);
const workerMain = new URL(`../main${extname(import.meta.url)}`, import.meta.url);

/** What has to be stopped, the last started first. */
const stops: (() => Promise<unknown>)[] = [];

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

async function stopAll(): Promise<void> {
  for (const stop of stops.splice(0).toReversed()) await stop();
}

async function main(): Promise<void> {
  initializeLogger({ pretty: false, level: 'silent' });
  const { config, env } = await prepareTalk(environment, [
    { path: page, remedy: 'the voice page is not built\n      npm run build:page' },
    { path: serverMain, remedy: 'the server is not built\n      npm run build' },
  ]);
  const logFile = join(tmpdir(), `ws-llm-talk-${process.pid}.log`);
  const log = createWriteStream(logFile, { mode: 0o600 });
  const watch = (child: Child): void => {
    stops.push(() => child.stop());
    void child.ended.then((output) =>
      end(`A part of it has ended.\n${output}\nAll of its log: ${logFile}`, 1),
    );
  };

  const start = { path: fileURLToPath(serverMain), env, log };
  const server = await findPersonaServer(config.server, env['WS_LLM_URL'] !== undefined, start);
  if (server.child !== undefined) watch(server.child);
  const ready = await server.ask();
  const title = ready?.persona.title ?? 'whoever the server chooses';
  print(`ws-llm talk
  persona  ${title}, ${server.url}${server.child === undefined ? '' : ' (started)'}
  rooms    ${config.livekit.url}
  log      ${logFile}`);

  // A name of its own, so that no other worker answers, and this one answers in no other room.
  const agentName = config.agentName ?? `talk-${randomBytes(4).toString('hex')}`;
  const workerEnv = { ...env, WS_LLM_URL: server.url, AGENT_NAME: agentName };
  const worker = await startChild({
    name: 'The agent',
    path: fileURLToPath(workerMain),
    args: ['start'],
    env: workerEnv,
    log,
  });
  watch(worker);
  await worker.waitForLine(/registered worker/, workerWithinMs);

  const talk = await startTalkServer(
    {
      page: await readFile(page, 'utf8'),
      // Asked each time: personas change while the server runs.
      offer: async () => {
        const { persona, personas = [] } = (await server.ask()) ?? {};
        return { persona, personas };
      },
      ticket: (persona) => writeTicket(config.livekit, agentName, persona),
    },
    usualPort,
  );
  stops.push(() => talk.close());
  print(`  page     ${talk.url}\n\nCtrl+C ends it.`);
  if (process.stdout.isTTY) openBrowser(talk.url);
}

let isEnding = false;

/** Once. A second Ctrl+C does not wait. */
function end(message: string | undefined, code: number): void {
  if (isEnding) return;
  isEnding = true;
  if (message !== undefined) process.stderr.write(`${message}\n`);
  void stopAll().finally(() => process.exit(code));
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => (isEnding ? process.exit(1) : end(undefined, 0)));
}
main().catch((error: unknown) => {
  const isForPeople = error instanceof SetupError;
  end(
    isForPeople || !(error instanceof Error) ? String(isForPeople ? error.message : error) : error.stack,
    1,
  );
});
