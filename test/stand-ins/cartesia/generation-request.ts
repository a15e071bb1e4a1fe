/** Owns what a client of Cartesia's socket may ask for, checked. */

/** Speech for one piece of a context, or the end of the context's speech. */
export interface GenerationRequest {
  kind: 'generate';
  contextId: string;
  transcript: string;
  /** False on the last piece of the context. */
  isContinued: boolean;
  wantsTimestamps: boolean;
  sampleRate: number;
}

/** Stop what is being spoken in a context. */
export interface CancelRequest {
  kind: 'cancel';
  contextId: string;
}

interface InvalidRequest {
  kind: 'invalid';
  answer: object;
}

export function parseGenerationRequest(text: string): GenerationRequest | CancelRequest | InvalidRequest {
  const request = parseObject(text);
  const contextId = request['context_id'];
  if (typeof contextId !== 'string') return invalid('', 'context_id is missing');
  if (request['cancel'] === true) return { kind: 'cancel', contextId };

  const { transcript, output_format: format, voice, model_id: model } = request;
  if (typeof transcript !== 'string') return invalid(contextId, 'transcript is missing');
  if (typeof model !== 'string' || !isObject(voice))
    return invalid(contextId, 'model_id or voice is missing');
  if (!isObject(format) || format['container'] !== 'raw' || format['encoding'] !== 'pcm_s16le') {
    return invalid(contextId, 'output_format must be raw pcm_s16le');
  }
  const sampleRate = format['sample_rate'];
  if (typeof sampleRate !== 'number') return invalid(contextId, 'sample_rate is missing');
  return {
    kind: 'generate',
    contextId,
    transcript,
    isContinued: request['continue'] === true,
    wantsTimestamps: request['add_timestamps'] === true,
    sampleRate,
  };
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function invalid(contextId: string, error: string): InvalidRequest {
  return {
    kind: 'invalid',
    answer: { type: 'error', context_id: contextId, status_code: 400, done: true, error },
  };
}
