/** The server, as its operator starts it, offers the personas of PERSONAS_DIR, and whoever is connected hears when one is saved. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { TestSocket } from '../../../test/stand-ins/test-socket.ts';
import { personaFile, scratchFolder } from './scratch-folder.ts';

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

interface Started {
  /** Resolves with the first group of what `pattern` matches in the output, or with all of it. */
  says: (pattern: RegExp) => Promise<string>;
  /** Asks it to stop; resolves with its exit code. */
  stop: () => Promise<unknown>;
}

function start(env: Record<string, string>): Started {
  const child = spawn(process.execPath, ['--import', 'tsx', '--conditions=source', main], {
    env: { PATH: process.env['PATH'] ?? '', PORT: '0', LLM_BACKEND: 'demo', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let text = '';
  let wake = (): void => undefined;
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      wake();
    });
  }
  const exited = once(child, 'close').then(([code]: unknown[]) => {
    wake();
    return code;
  });
  return {
    async says(pattern) {
      for (;;) {
        const match = pattern.exec(text);
        if (match !== null) return match[1] ?? match[0];
        if (child.exitCode !== null) throw new Error(`exited with ${child.exitCode}: ${text}`);
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    stop() {
      child.kill('SIGTERM');
      return exited;
    },
  };
}

test('a persona of PERSONAS_DIR answers, its saved file reaches those who are connected, and a mistake in it only the log', async () => {
  const folder = scratchFolder();
  folder.write('porter.md', personaFile('title: Porter\ngreeting: Good evening.'));
  const server = start({ PERSONAS_DIR: folder.path, PERSONA: 'porter' });
  const port = await server.says(/socket +ws:\/\/127\.0\.0\.1:(\d+)\//);
  const client = await TestSocket.open(`ws://127.0.0.1:${port}`, ['ws-llm.v1']);
  expect(await client.nextOf('ready')).toMatchObject({
    persona: { name: 'porter', greeting: 'Good evening.' },
    personas: expect.arrayContaining([{ name: 'healthcare-assistant', title: 'Healthcare assistant' }]),
  });
  folder.replace('porter.md', personaFile('title: Porter\ngreeting: Good morning.'));
  expect(await client.nextOf('ready')).toMatchObject({ persona: { greeting: 'Good morning.' } });
  folder.replace('porter.md', personaFile('title: Porter\ntemperature: hot'));
  await server.says(/porter\.md:3: temperature: expected a number from 0 to 2/);
  folder.replace('porter.md', personaFile('title: Porter\ngreeting: Good night.'));
  expect(await client.nextOf('ready')).toMatchObject({ persona: { greeting: 'Good night.' } });
  expect(await server.stop()).toBe(0);
});
