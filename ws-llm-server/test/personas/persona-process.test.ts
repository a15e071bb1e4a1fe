/** The server, as its operator starts it, offers the personas of PERSONAS_DIR, and whoever is connected hears when one is saved. */
import { expect, test } from 'vitest';
import { TestSocket } from '../../../test/stand-ins/test-socket.ts';
import { startProcess } from '../server-process.ts';
import { personaFile, scratchFolder } from './scratch-folder.ts';

test('a persona of PERSONAS_DIR answers, its saved file reaches those who are connected, and a mistake in it only the log', async () => {
  const folder = scratchFolder();
  folder.write('porter.md', personaFile('title: Porter\ngreeting: Good evening.'));
  const server = startProcess({ LLM_BACKEND: 'demo', PERSONAS_DIR: folder.path, PERSONA: 'porter' });
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
  server.child.kill('SIGTERM');
  expect(await server.exited).toBe(0);
});

test('a named pipe among the personas is reported, and keeps the server neither from starting nor from ending', async () => {
  const folder = scratchFolder();
  folder.write('porter.md', personaFile('title: Porter'));
  folder.makePipe('early.md');
  folder.makePipe('porter.tools.js');
  const server = startProcess({ LLM_BACKEND: 'demo', PERSONAS_DIR: folder.path });
  const port = await server.says(/socket +ws:\/\/127\.0\.0\.1:(\d+)\//);
  await server.says(/early\.md: cannot be read \(it is not a regular file/);
  await server.says(/porter\.tools\.js: cannot be read \(it is not a regular file/);
  const client = await TestSocket.open(`ws://127.0.0.1:${port}`, ['ws-llm.v1']);
  await client.nextOf('ready');
  folder.makePipe('late.md');
  await server.says(/late\.md: cannot be read \(it is not a regular file/);
  folder.write('cook.md', personaFile('title: Cook'));
  expect(await client.nextOf('ready')).toMatchObject({
    personas: expect.arrayContaining([{ name: 'cook', title: 'Cook' }]) as unknown,
  });
  server.child.kill('SIGTERM');
  expect(await server.exited).toBe(0);
});
