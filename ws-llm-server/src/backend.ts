/**
 * What the server asks of a model, and what a model may answer. Backends implement it; generations listen.
 * Borrows nothing from the wire: a backend tells text, not frames.
 */

export type BackendContentPart =
  | { type: 'text'; text: string }
  | { type: 'image_url'; image_url: { url: string; detail?: string | undefined } };

/** One whole call of a tool; `arguments` is JSON text. */
export interface BackendToolCall {
  id: string;
  name: string;
  arguments: string;
}

export type BackendMessage =
  | { role: 'system'; content: string }
  | { role: 'user'; content: string | BackendContentPart[] }
  | { role: 'assistant'; content: string; toolCalls?: BackendToolCall[] }
  | { role: 'tool'; content: string; toolCallId: string; toolName?: string };

/** `parameters` is a JSON schema. */
export interface BackendTool {
  name: string;
  description?: string;
  parameters?: Record<string, unknown>;
  /** A reply can do without it: a model that takes no tools is asked without. Default false. */
  isOptional?: boolean;
}

export type BackendToolChoice = 'none' | 'auto' | 'required' | { name: string };

/** What is absent is left to the model. */
export interface BackendParams {
  temperature?: number;
  topP?: number;
  maxTokens?: number;
  seed?: number;
  stop?: string | string[];
  reasoningEffort?: string;
}

export interface BackendRequest {
  /** Undefined: the backend's own. */
  model?: string;
  /** What is stable comes first, so that the model's prefix cache hits. */
  messages: BackendMessage[];
  tools?: BackendTool[];
  toolChoice?: BackendToolChoice;
  parallelToolCalls?: boolean;
  params: BackendParams;
}

export type BackendFinishReason = 'stop' | 'length' | 'tool_calls' | 'content_filter';

export interface BackendUsage {
  promptTokens: number;
  completionTokens: number;
  cachedTokens?: number;
}

/** Whole turns that had to go so that the request fits the model. */
export interface BackendContext {
  /** What the model takes, in tokens. */
  limitTokens: number;
  /** What was sent in the end, in tokens. */
  usedTokens: number;
  /** Messages that went, the oldest ones. */
  droppedMessages: number;
}

/** `finish` comes exactly once, last; a reply that ends without it broke off. */
export type BackendEvent =
  | { type: 'text'; text: string }
  | { type: 'reasoning'; text: string }
  | { type: 'tool_call'; call: BackendToolCall }
  /** A sign of life without content, such as a piece of a call that is not whole yet: no deadline passes meanwhile. */
  | { type: 'progress' }
  /** The request did not fit, and was made to. Before any content, as estimated; again before the finish, where the model has counted. */
  | { type: 'context'; context: BackendContext }
  /** Who is asked, where one stands for several: before what that one says, and again where another is asked instead. */
  | { type: 'answering'; backend: string; model?: string }
  /** `model`: which one answered, where that is known only now. */
  | { type: 'finish'; reason: BackendFinishReason; usage?: BackendUsage; model?: string };

/** What `warm` achieved. */
export interface BackendWarmth {
  /** Tokens of the prompt that the model has in its cache now; undefined where it does not tell. */
  prefilledTokens?: number;
}

/** A model that a backend could answer with. */
export interface ModelInfo {
  name: string;
  /** Who has it, where several are asked. */
  backend?: string;
  sizeBytes?: number;
  /** How much it takes, in tokens. */
  contextTokens?: number;
  /** Whether it is in memory now; undefined where the backend does not tell. */
  loaded?: boolean;
}

/** One step of a download. The bytes are those of the part that is on its way, where the backend counts them. */
export interface PullProgress {
  status: string;
  completedBytes?: number;
  totalBytes?: number;
}

/** Who hears a reply. */
export interface BackendListener {
  /** The reply is not wanted any more. */
  signal: AbortSignal;
  /** Each event as it comes: nobody makes a model wait. Never throws for what a model says. */
  onEvent: (event: BackendEvent) => void;
}

/** Who hears of a download. */
export interface PullListener {
  signal: AbortSignal;
  onProgress: (step: PullProgress) => void;
}

export interface Backend {
  /** `openai`, `ollama`, `demo`. */
  readonly name: string;
  /** The model that answers; undefined while it is not known yet. */
  readonly model: string | undefined;
  /** API keys and similar values: masked in every error text that a client or the log gets. */
  readonly secrets?: readonly string[];
  /** How much a model takes, prompt and reply together, in tokens; undefined while that is not known. `model`: as a request names it. */
  contextTokens?(model: string | undefined): number | undefined;
  /** Whether a model takes tools, as far as is known without asking it; undefined where it is not. `model`: as a request names it. */
  takesTools?(model: string | undefined): boolean | undefined;
  /**
   * One reply; resolves after its last event. Closes its request to the model as soon as `signal` aborts.
   * @throws BackendError; after an abort anything, or nothing
   */
  reply(request: BackendRequest, listener: BackendListener): Promise<void>;
  /**
   * Loads the model and has it read all of `request`, so that a reply to anything that begins the same begins sooner. Says nothing.
   * @throws BackendError; after an abort anything
   */
  warm?(request: BackendRequest, options: { signal: AbortSignal }): Promise<BackendWarmth>;
  /** @throws BackendError */
  models?(options: { signal: AbortSignal }): Promise<ModelInfo[]>;
  /** Downloads a model; resolves when it is there. An abort stops the download. @throws BackendError */
  pull?(model: string, listener: PullListener): Promise<void>;
  /** Into memory. @throws BackendError */
  load?(model: string, options: { signal: AbortSignal }): Promise<void>;
  /** Out of memory. @throws BackendError */
  unload?(model: string, options: { signal: AbortSignal }): Promise<void>;
  /** Ends what runs on the backend's own account, such as the loading of a model. Once, when the server is done with it. */
  close?(): void;
}

export type BackendErrorCode =
  | 'bad_request'
  | 'context_too_long'
  | 'rate_limited'
  | 'backend_unavailable'
  | 'backend_timeout'
  | 'backend_failed';

/** What a model that refuses a request as too long tells of it, in tokens. */
export interface ContextRefusal {
  /** What it takes, the reply included. */
  limitTokens?: number;
  /** What the request's messages and tools came to. */
  usedTokens?: number;
}

export interface BackendErrorOptions {
  /** Whether the same request may succeed later. */
  retryable: boolean;
  /** How long the model asked to be left alone, in milliseconds. */
  retryAfterMs?: number | undefined;
  /** Of `context_too_long`. */
  context?: ContextRefusal | undefined;
  /**
   * The model server's own words, unchanged. Decisions are made on them; they are never shown as
   * they are, because they may repeat the request, a key, or a page of HTML.
   */
  said?: string | undefined;
  /** The errors that this one stands for, if several backends failed. */
  failures?: readonly BackendError[] | undefined;
  cause?: unknown;
}

/**
 * Why a model did not answer. `message` is in our own words: which server, what happened, and what
 * to do, if that is known. See failure-text.ts for what clients and the log get.
 */
export class BackendError extends Error {
  override readonly name = 'BackendError';
  readonly code: BackendErrorCode;
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;
  readonly context: ContextRefusal | undefined;
  readonly said: string | undefined;
  readonly failures: readonly BackendError[] | undefined;

  constructor(code: BackendErrorCode, message: string, options: BackendErrorOptions) {
    super(message, { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable;
    this.retryAfterMs = options.retryAfterMs;
    this.context = options.context;
    this.said = options.said;
    this.failures = options.failures;
  }
}
