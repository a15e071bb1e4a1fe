/**
 * A persona's reply to a history, put together of prompt, model, tools and form, and not yet begun. Both dialects come through here, and
 * so may any other door. Knows no frames and no memory.
 */
import type { ChatFrame } from '@ws-llm/protocol';
import type { Backend, BackendRequest } from '../backend.ts';
import type { Logger } from '../logger.ts';
import type { Persona } from '../personas/persona.ts';
import { SpeechText } from '../speech/speech-text.ts';
import { type Deadlines, Generation, type GenerationEnd, type GenerationPart } from './generation.ts';
import { toolRounds } from './tool-rounds.ts';

export interface ReplyOptions {
  backend: Backend;
  request: BackendRequest;
  persona: Persona;
  output: ChatFrame['output'];
  deadlines: Deadlines;
  /** How much of each kind a model may write, in UTF-16 units. */
  maxChars: number;
  logger: Logger;
  onPart: (part: GenerationPart) => void;
  /** Exactly once, last. */
  onEnd: (end: GenerationEnd) => void;
}

export function personaReply(options: ReplyOptions): Generation {
  const { backend, request, persona, output, logger, ...rest } = options;
  const { tools = [] } = persona;
  return new Generation({
    ...rest,
    filter: output === 'speech' ? new SpeechText() : undefined,
    reply: (listener) =>
      tools.length === 0
        ? backend.reply(request, listener)
        : toolRounds({ backend, request, tools, logger, ...listener }),
  });
}
