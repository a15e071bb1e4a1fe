/** The law has teeth: each of the faults that it is there for is caught. */
import { expect, test, vi } from 'vitest';
import { contextFaults } from './context-faults.ts';
import { faults as requestFaults } from './faults.ts';
import { type LawRun, runLaw } from './law-run.ts';
import { openWorld } from './law-world.ts';
import { type Fault, withFault } from './planted-fault.ts';
import { warmFaults } from './warm-faults.ts';

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

const faults = [...requestFaults, ...contextFaults, ...warmFaults];
/** Cases within which each fault must show; nearly all do within a hundred. */
const cases = 5_000;
const seed = Number(process.env['WS_LLM_LAW_SEED'] ?? Date.now() % 1_000_000_000);

async function runWith(fault: Fault): Promise<LawRun> {
  const world = await openWorld((backend) => withFault(backend, fault));
  try {
    // Longer than any deadline of a plain client: what takes longer never comes.
    return await runLaw({
      world,
      kind: fault.kind,
      cases,
      seed,
      lanes: 6,
      quietMs: 3_000,
      shrink: false,
    });
  } finally {
    await world.close();
  }
}

// Several at once: much of their time they wait for what does not come.
test.concurrent.for(faults)('caught: $name', { timeout: 120_000 }, async (fault) => {
  const { failure } = await runWith(fault);
  if (process.env['WS_LLM_LAW_TABLE'] !== undefined) {
    console.log(`${fault.name}: after ${failure?.cases} cases by "${failure?.law}"`);
  }
  if (failure === undefined) return expect.fail(`not caught in ${cases} cases`);
  // An exception of the test itself catches nothing.
  if (failure.law === undefined) expect.fail(failure.message);
});
