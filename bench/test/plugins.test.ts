/** Beside the official plugins ours is right, and the faults that theirs are known for show: so the probes see what they look for. */
import { initializeLogger } from '@livekit/agents';
import { expect, test } from 'vitest';
import { compare } from '../plugins/compare.ts';
import { quickProbes } from '../plugins/probes/all-probes.ts';
import { surprises } from '../plugins/table.ts';

initializeLogger({ pretty: false, level: 'silent' });

test.for(quickProbes.map((probe) => [probe.title, probe] as const))(
  'ours is right and the others’ faults show: %s',
  { timeout: 30_000 },
  async ([, probe]) => {
    expect(surprises([await compare(probe)])).toEqual([]);
  },
);
