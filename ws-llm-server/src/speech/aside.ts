/** What is read without being spoken as it stands, such as the destination of a link: it reads on until it is over. */
import type { Cursor } from './cursor.ts';
import type { SpokenOutput } from './spoken-output.ts';

export interface Reading {
  /** How many UTF-16 units were read; `undecided` where more must be seen. */
  length: number;
  /** What reads on from there; undefined: the text itself. */
  aside?: Aside | undefined;
}

export interface Aside {
  read(cursor: Cursor, output: SpokenOutput): Reading;
}
