/** Owns where every real part is on this machine, and one message for all that is missing. Builds and starts nothing. */
import { liveKitServerPart, liveKitServerProgram } from '../setup/livekit-server-part.ts';
import { ollamaPart, ollamaProgram } from '../setup/ollama-part.ts';
import { findMissingTools, programPath } from '../setup/required-tools.ts';
import { smolLm2Model, smolLm2ModelsFolder, smolLm2Part } from '../setup/smollm2-part.ts';

/** Absolute paths of programs, folders and the model's name. */
export interface LocatedParts {
  liveKitServer: { program: string };
  ollama: { program: string; modelsFolder: string };
  /** The model's name for Ollama. */
  model: string;
  chromium: { program: string };
}

/** @throws Error that names everything that is missing and how to get it. */
export function locateParts(): LocatedParts {
  const tools = findMissingTools('running');
  const parts = [liveKitServerPart, ollamaPart, smolLm2Part].filter((part) => !part.isInstalled());
  const chromium = programPath('chromium');
  if (tools.names.length > 0 || parts.length > 0 || chromium === undefined) {
    const missing = [...tools.names, ...parts.map((part) => `${part.name} ${part.version}`)];
    const remedies = [tools.command, parts.length > 0 ? 'npm run real:setup' : undefined].filter(Boolean);
    throw new Error(
      `The tests on real parts need what is missing here: ${missing.join(', ')}. To get it:\n  ${remedies.join('\n  ')}`,
    );
  }
  return {
    liveKitServer: { program: liveKitServerProgram },
    ollama: { program: ollamaProgram, modelsFolder: smolLm2ModelsFolder },
    model: smolLm2Model,
    chromium: { program: chromium },
  };
}
