/** Every row that can be run, by the name that a person types. */
import { cancelQueuedGroup } from './cancel-queued.ts';
import { cancelGroup } from './cancel.ts';
import { firstTokenGroup } from './first-token.ts';
import { idleSocketsGroup } from './idle-sockets.ts';
import type { Row } from './row.ts';
import { leakGroup } from './leak.ts';
import { askingRow, streamRow } from './plugin-turns.ts';
import { startGroup } from './start.ts';
import { stoppedReadersGroup } from './stopped-readers.ts';
import { tokensGroup } from './tokens.ts';
import { turnCostGroup } from './turn-cost.ts';
import { voicesGroup } from './voices.ts';

export const allRows: Record<string, Row> = {
  'first-token': { start: firstTokenGroup, samples: 60 },
  'stream-10': streamRow(10),
  'stream-100': streamRow(100),
  'stream-400': streamRow(400),
  'asking-10': askingRow(10),
  'asking-100': askingRow(100),
  'asking-400': askingRow(400),
  'tokens-1': { start: tokensGroup(1), samples: 1 },
  'tokens-10': { start: tokensGroup(10), samples: 1 },
  'tokens-100': { start: tokensGroup(100), samples: 1 },
  'tokens-1000': { start: tokensGroup(1_000), samples: 1, isLong: true },
  'voices-200': { start: voicesGroup(200), samples: 500 },
  'voices-1000': { start: voicesGroup(1_000), samples: 500, isLong: true },
  cancel: { start: cancelGroup('in the middle'), samples: 40 },
  'cancel-early': { start: cancelGroup('before the first token'), samples: 40 },
  'cancel-queued': { start: cancelQueuedGroup, samples: 40 },
  'cancel-loaded': { start: cancelGroup('in the middle', 200), samples: 20 },
  'turn-10': { start: turnCostGroup(10), samples: 100 },
  'turn-100': { start: turnCostGroup(100), samples: 50 },
  'turn-1000': { start: turnCostGroup(1_000), samples: 10 },
  'idle-1000': { start: idleSocketsGroup(1_000), samples: 1 },
  'idle-10000': { start: idleSocketsGroup(10_000), samples: 1 },
  'stopped-readers': { start: stoppedReadersGroup, samples: 5 },
  leak: { start: leakGroup, samples: 5_000, isLong: true },
  start: { start: startGroup, samples: 2 },
};
