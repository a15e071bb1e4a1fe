/**
 * `npm run real:setup`: brings all that `npm run test:real` needs beyond npm packages into a cache outside the repository.
 * Owns the order and what is printed; each part knows how it is built.
 */
import { liveKitServerPart } from './livekit-server-part.ts';
import { ollamaPart } from './ollama-part.ts';
import type { Part } from './part.ts';
import { findMissingTools } from './required-tools.ts';
import { smolLm2Part } from './smollm2-part.ts';

/** In the order of building: the model is made by Ollama. */
const parts: readonly Part[] = [liveKitServerPart, ollamaPart, smolLm2Part];

async function setUp(): Promise<number> {
  const isComplete = parts.every((part) => part.isInstalled());
  const missing = findMissingTools(isComplete ? 'running' : 'building and running');
  if (missing.names.length > 0) {
    console.error(`Missing on this machine: ${missing.names.join(', ')}.`);
    if (missing.command !== undefined) console.error(`To install them: ${missing.command}`);
    return 1;
  }
  for (const part of parts) {
    const startedAt = performance.now();
    const isCached = part.isInstalled();
    if (!isCached) {
      console.log(`${label(part)} is being built, which can take some minutes ...`);
      await part.install();
    }
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    console.log(`${label(part)} ${isCached ? 'cached' : 'built '} ${seconds.padStart(7)} s  ${part.folder}`);
  }
  return 0;
}

function label(part: Part): string {
  return `${part.name} ${part.version}`.padEnd(24);
}

try {
  process.exitCode = await setUp();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
