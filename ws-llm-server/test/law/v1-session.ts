/** What several steps of a v1 client need: to ping, and to take its place among the users of a named thread. */
import type { NamedThread } from './law-case.ts';
import type { LawSession } from './law-session.ts';
import type { ThreadName } from './step.ts';
import type { V1Ledger } from './v1-ledger.ts';

export type V1Session = LawSession<V1Ledger>;

export function ping({ ledger, link }: V1Session): void {
  ledger.sentPing();
  link.send({ type: 'ping' });
}

/** The named thread, for what the connection sends next: the server has got before what others sent. */
export function useThread(session: V1Session, name: ThreadName): Promise<NamedThread> {
  return session.lawCase.useThread(name, { connection: session, fence: () => fence(session) });
}

async function fence(session: V1Session): Promise<void> {
  if (!session.link.isOpen) return;
  ping(session);
  await session.link.until(
    () => session.ledger.pongsDue === 0,
    () => `${session.ledger.pongsDue} pongs`,
  );
}
