/** Runs one script against the servers under test, step by step, in the words of its client's dialect. */
import { LawBroken } from './law-broken.ts';
import { type CaseOptions, LawCase } from './law-case.ts';
import { type Ledger, LawSession } from './law-session.ts';
import { PlainLedger } from './plain-ledger.ts';
import type { Life, Script, Seat, Step } from './step.ts';
import { takePlainStep } from './take-plain-step.ts';
import { takeV1Step } from './take-v1-step.ts';
import { V1Ledger } from './v1-ledger.ts';

/** @throws LawBroken with the transcript */
export async function drive(script: Script, options: CaseOptions): Promise<void> {
  const lawCase = new LawCase(script, options);
  try {
    for (const life of script.lives) {
      if (script.client === 'v1') await live(lawCase, life, () => new V1Ledger(), takeV1Step);
      else await live(lawCase, life, () => new PlainLedger(), takePlainStep);
    }
    lawCase.checkThreads();
  } catch (error) {
    if (error instanceof LawBroken) error.message += `\n${lawCase.transcript.toString()}`;
    throw error;
  }
}

async function live<L extends Ledger>(
  lawCase: LawCase,
  { steps, ending }: Life,
  newLedger: () => L,
  takeStep: (session: LawSession<L>, step: Step) => Promise<void>,
): Promise<void> {
  const sessions = new Map<Seat, LawSession<L>>();
  const sit = async (seat: Seat): Promise<LawSession<L>> => {
    const session = sessions.get(seat) ?? (await LawSession.open(lawCase, seat, newLedger()));
    sessions.set(seat, session);
    return session;
  };
  try {
    await sit('one');
    for (const step of steps) {
      for (const { link } of sessions.values()) link.check();
      await takeStep(await sit(step.by ?? 'one'), step);
    }
    if (ending.type === 'loss') await (sessions.get(ending.by ?? 'one') ?? (await sit('one'))).lose(ending);
    for (const session of sessions.values()) if (!session.isLost) await session.drain();
    for (const session of sessions.values()) await session.settle();
  } finally {
    for (const session of sessions.values()) session.dispose();
  }
}
