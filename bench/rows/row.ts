/** What can be run by its name. */
import type { ServerCode } from '../child.ts';
import type { Group } from '../run-group.ts';

export interface RowOptions {
  /** In each block. */
  samples: number;
  code: ServerCode;
  /** A fault to plant in the server: a module from the bench's folder that is loaded before its own code. */
  preload?: string;
}

export interface Row {
  /** Starts what is measured; the group stops it. */
  start(options: RowOptions): Promise<Group>;
  /** Where nobody says otherwise. */
  samples: number;
  /** Takes so long that it is run only where it is named. Default false. */
  isLong?: boolean;
}
