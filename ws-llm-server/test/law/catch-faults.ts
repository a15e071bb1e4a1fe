/** Tests that the law catches faults: each is planted in a server of its own. Whoever wants them imports this before any of the server. */
import { expect, test, vi } from 'vitest';
import { type LawRun, runLaw } from './law-run.ts';
import { lawSettings } from './law-settings.ts';
import { openWorld } from './law-world.ts';
import { type Fault, withFault } from './planted-fault.ts';

vi.mock(import('../../src/connection/v1-connection.ts'), async (importOriginal) => {
  const { plantIn } = await import('./planted-fault.ts');
  const original = await importOriginal();
  return { ...original, V1Connection: plantIn(original.V1Connection, 'v1') as typeof original.V1Connection };
});
vi.mock(import('../../src/connection/plain-connection.ts'), async (importOriginal) => {
  const { plantIn } = await import('./planted-fault.ts');
  const original = await importOriginal();
  return {
    ...original,
    PlainConnection: plantIn(original.PlainConnection, 'plain') as typeof original.PlainConnection,
  };
});

/** Within which each fault must show; nearly all do within thirty. */
const cases = 5_000;
/** Clients at once: few, so that little is left to do when the fault has shown. Plain ones mostly wait. */
const lanes: Record<Fault['kind'], number> = { threads: 6, mirrors: 6, plain: 16 };
const { seed = Date.now() % 1_000_000_000, showsTable } = lawSettings();

/** Several at once: much of their time they wait for what does not come. */
export function catchFaults(faults: readonly Fault[]): void {
  test.concurrent.for(faults)('caught: $name', { timeout: 300_000 }, async (fault) => {
    const { failure } = await runWith(fault);
    if (showsTable) console.log(`${fault.name}: after ${failure?.cases} cases by "${failure?.law}"`);
    if (failure === undefined) return expect.fail(`not caught in ${cases} cases, seed ${seed}`);
    // An exception of the test itself catches nothing.
    if (failure.law === undefined) expect.fail(failure.message);
  });
}

async function runWith(fault: Fault): Promise<LawRun> {
  const world = await openWorld((backend) => withFault(backend, fault));
  try {
    return await runLaw({
      world,
      kind: fault.kind,
      cases,
      seed,
      lanes: lanes[fault.kind],
      // Longer than any deadline of a plain client: what takes longer never comes.
      quietMs: 3_000,
      shrink: false,
    });
  } finally {
    await world.close();
  }
}
