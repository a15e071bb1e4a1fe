// What was said and collected is written when a conversation ends, where the user asked for it, for its owner alone.
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { SessionLog } from '../src/session-log.ts';
import { serve, startTextSession } from './text-session.ts';

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'agent-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

const facts = { room: 'room-1', caller: 'ann', persona: 'tester', symptoms: [] };

test('each conversation is a file of its own, which only its owner can read', async () => {
  const folder = join(await temporaryFolder(), 'new', 'folder');
  const server = await serve({ onChat: (chat) => chat.answer('Drink some water.') });
  const talk = await startTextSession(server.url);
  const notes = new SessionLog(talk.session, folder);
  await talk.ask('I have a headache.');
  await notes.write({ ...facts, symptoms: [{ name: 'headache', choice_id: 'present' }] });
  await talk.ask('Who are you?');
  await notes.write({ ...facts, caller: 'bob' });

  const files = (await readdir(folder)).toSorted();
  expect(files).toHaveLength(2);
  const written = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')));
  const [first, second] = written.map((text) => JSON.parse(text) as Record<string, unknown>);
  expect(first).toMatchObject({
    room: 'room-1',
    caller: 'ann',
    persona: 'tester',
    symptoms: [{ name: 'headache', choice_id: 'present' }],
    turns: [
      { who: 'caller', text: 'I have a headache.' },
      { who: 'agent', text: 'Drink some water.', timing: { reply: server.chats[0]?.id } },
    ],
  });
  expect(second).toMatchObject({ caller: 'bob', turns: [{ text: 'Who are you?' }, { who: 'agent' }] });
  const { mode } = await stat(join(folder, String(files[0])));
  expect(mode & 0o077).toBe(0);
});

test('a conversation in which nobody said a word leaves no file', async () => {
  const folder = await temporaryFolder();
  const talk = await startTextSession((await serve({})).url);
  await new SessionLog(talk.session, folder).write(facts);
  expect(await readdir(folder)).toEqual([]);
});

test('a folder that cannot be written ends no call', async () => {
  const file = join(await temporaryFolder(), 'file');
  await writeFile(file, '');
  const talk = await startTextSession((await serve({ onChat: (chat) => chat.answer('Yes.') })).url);
  const notes = new SessionLog(talk.session, join(file, 'inside'));
  await talk.ask('One?');
  await expect(notes.write(facts)).resolves.toBeUndefined();
});
