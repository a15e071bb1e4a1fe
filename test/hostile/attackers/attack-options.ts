/** What one process of attackers is told to do, and what it reports. */

export type Role = 'guest' | 'agent';

/** Ways to attack, each by one socket at a time. */
export type PatternName =
  | 'fill-queue'
  | 'hang'
  | 'never-read'
  | 'send-slowly'
  | 'large-mirrors'
  | 'annotations'
  | 'unfinished-fragments'
  | 'idle';

/** A number of attackers that do the same. */
export interface Squad {
  pattern: PatternName;
  role: Role;
  count: number;
  /**
   * The first of the local addresses 127.0.0.x, one for each attacker; undefined: all from
   * 127.0.0.1.
   */
  firstAddress?: number;
  /** Asked for by the address of the socket. */
  persona?: string;
  /** Comes back this long after its socket has ended; undefined: does not come back. */
  returnsAfterMs?: number;
}

export interface AttackReport {
  /** Handshakes that were accepted, and that were refused, by status or close code. */
  accepted: number;
  refused: Record<string, number>;
  /** How sockets ended that had been accepted. */
  closed: Record<string, number>;
  sentMb: number;
  /** Longest stall of the attackers' own event loop. */
  stallMs: number;
  /** Pings of the server, by 100 ms since the start. */
  pings: number[];
  /** Sockets that are open now. */
  open: number;
}

export type ToAttackers = { type: 'attack'; port: number; squads: Squad[] } | { type: 'report' };
export type FromAttackers = { type: 'attack' } | { type: 'report'; report: AttackReport };
