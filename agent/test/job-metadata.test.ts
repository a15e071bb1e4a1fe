// Whoever dispatches a job names the persona in its metadata, as a word or in JSON; a mistake is told without repeating what was written.
import { expect, test } from 'vitest';
import { readJobMetadata } from '../src/job-metadata.ts';

test.each([
  ['night-porter', 'night-porter'],
  ['  friendly\n', 'friendly'],
  ['{"persona": "friendly"}', 'friendly'],
  ['{"persona": "friendly", "caller": {"id": 7}}', 'friendly'],
])('%j names %s', (metadata, persona) => {
  expect(readJobMetadata(metadata)).toEqual({ persona });
});

test.each(['', '  ', '{}', '{"caller": 7}', '{"persona": null}', '{"persona": ""}'])(
  '%j leaves the choice to the server',
  (metadata) => {
    expect(readJobMetadata(metadata)).toEqual({ persona: undefined });
  },
);

test.each([
  'two words',
  '../secret',
  '{"persona": "two words"}',
  '{"persona": 7}',
  '{"persona": secret',
  'x'.repeat(65),
])('%j is a mistake that is explained and not repeated', (metadata) => {
  const read = readJobMetadata(metadata);
  expect(read).toEqual({ problem: expect.stringContaining('{"persona": "name"}') });
  expect(JSON.stringify(read)).not.toMatch(/two words|secret|xxxx/);
});
