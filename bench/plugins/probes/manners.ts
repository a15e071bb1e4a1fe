/** How a plugin behaves towards the program that it is in. */
import { fork } from 'node:child_process';
import { once as onceOf } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { allButResponses, onlyOurs, type Probe } from '../probe.ts';

const program = fileURLToPath(new URL('../idle-program.ts', import.meta.url));
const patienceMs = 4_000;

export const namesItself: Probe = {
  title: 'usage is counted under the provider',
  expected: allButResponses,
  async run({ plugin }) {
    return { value: plugin.provider, isRight: plugin.provider !== 'unknown' };
  },
};

export const letsGo: Probe = {
  title: 'a program that has had its answer',
  expected: allButResponses,
  async run({ name, relay }) {
    const child = fork(program, [name, String(relay.port)], { execArgv: process.execArgv });
    await onceOf(child, 'message');
    const ended = onceOf(child, 'exit').then(() => true);
    const isRight = await Promise.race([ended, sleep(patienceMs, false)]);
    child.kill('SIGKILL');
    await ended;
    return { value: isRight ? 'ends' : `runs on after ${patienceMs} ms`, isRight };
  },
};

export const warmsUp: Probe = {
  title: 'sockets that prewarm() opens (requests that warm the model)',
  expected: onlyOurs,
  async run({ plugin, relay, sent }) {
    plugin.prewarm();
    await sleep(500);
    const warming = sent().length;
    return { value: `${relay.connections} (${warming})`, isRight: warming > 0 };
  },
};
