/** Every row that can be run, by the name that a person types. */
import type { Group } from '../run-group.ts';
import { cancelGroup } from './cancel.ts';
import { firstTokenGroup } from './first-token.ts';

export interface Row {
  /** Starts what is measured; the group stops it. */
  start(samples: number): Promise<Group>;
  /** In each block, where nobody says otherwise. */
  samples: number;
}

export const allRows: Record<string, Row> = {
  'first-token': { start: firstTokenGroup, samples: 100 },
  cancel: { start: cancelGroup, samples: 40 },
};
