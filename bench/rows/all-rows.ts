/** Every row that can be run, by the name that a person types. */
import { cancelGroup } from './cancel.ts';
import { firstTokenGroup } from './first-token.ts';
import type { Row } from './row.ts';

export const allRows: Record<string, Row> = {
  'first-token': { start: firstTokenGroup, samples: 100 },
  cancel: { start: cancelGroup, samples: 40 },
};
