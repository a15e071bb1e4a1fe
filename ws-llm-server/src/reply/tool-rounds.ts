/**
 * A reply in which the persona may use tools of its own: asks the model, runs what it calls, tells it the results, asks again.
 * The client's tools are the client's: a call of one ends the reply. Knows neither frames nor deadlines.
 */
import { setMaxListeners } from 'node:events';
import type { Backend, BackendEvent, BackendRequest, BackendToolCall, BackendUsage } from '../backend.ts';
import type { ToolUse } from '../context/exchanges.ts';
import type { Logger } from '../logger.ts';
import type { PersonaTool } from '../personas/persona.ts';
import { parseToolArguments, runPersonaTool } from '../personas/run-persona-tool.ts';

export type ReplyEvent =
  | BackendEvent
  /** The client is to be told, by a frame of that type. */
  | { type: 'persona_frame'; frame: string; args: Record<string, unknown> }
  /** A persona's tool was started: it may have done something that must not be done twice. */
  | { type: 'tool_started' }
  /** One round's calls, all answered. */
  | { type: 'tool_uses'; uses: ToolUse[] };

export interface ReplyListener {
  signal: AbortSignal;
  onEvent: (event: ReplyEvent) => void;
}

export interface ToolRoundsOptions extends ReplyListener {
  backend: Backend;
  /** With the persona's tools among its tools. */
  request: BackendRequest;
  tools: readonly PersonaTool[];
  /** Hears of tools that fail. */
  logger: Logger;
}

type Finish = Extract<BackendEvent, { type: 'finish' }>;

/** In the last of these the model has to answer with what it has; a call is left out then. */
const maxRounds = 6;
/** Calls of the persona's tools in one reply. A model that makes more is lost in a loop. */
const maxCalls = 32;
/** A person waits: after this the rest of the answer is worth more than the tool. */
const toolDeadlineMs = 5_000;

/** Resolves after the last event; without a `finish` where the model's own is missing, and after an abort. @throws BackendError */
export async function toolRounds(options: ToolRoundsOptions): Promise<void> {
  const { backend, signal, onEvent } = options;
  let { request } = options;
  let usage: BackendUsage | undefined;
  let endsOpen = false;
  let calls = 0;
  // Each running tool listens, and so do the backend's own layers.
  setMaxListeners(2 * maxCalls, signal);
  for (let count = 1; ; count += 1) {
    const mayCall = count < maxRounds ? maxCalls - calls : 0;
    const round = new Round(options, { goesOn: endsOpen, mayCall });
    await backend.reply(request, { signal, onEvent: (event) => round.hear(event) });
    const { finish, running, said, isClientAsked } = round;
    if (finish === undefined) return;
    usage = sum(usage, finish.usage);
    calls += running.length;
    if (running.length > 0) {
      onEvent({ type: 'progress' });
      const uses = await Promise.all(running);
      if (signal.aborted) return;
      onEvent({ type: 'tool_uses', uses });
      request = withUses(request, { said, uses, mayCallAgain: count + 1 < maxRounds && calls < maxCalls });
    }
    if (running.length === 0 || isClientAsked) {
      const reason = finish.reason === 'tool_calls' && !isClientAsked ? 'stop' : finish.reason;
      return onEvent({ ...finish, reason, ...(usage !== undefined && { usage }) });
    }
    endsOpen = round.endsOpen;
  }
}

/** What the model says in one round: the persona's calls are run, everything else but the end is handed on. */
class Round {
  readonly #options: ToolRoundsOptions;
  /** How many calls may still be run. */
  readonly #mayCall: number;
  /** Calls of the persona's tools. */
  readonly running: Promise<ToolUse>[] = [];
  finish: Finish | undefined;
  isClientAsked = false;
  /** What the model said beside its calls. */
  said = '';
  /** Whether the last text, of this round or one before, ended in the middle of a line. */
  endsOpen: boolean;
  #isGapDue: boolean;

  /** `goesOn`: the round before ended open. */
  constructor(options: ToolRoundsOptions, { goesOn, mayCall }: { goesOn: boolean; mayCall: number }) {
    this.#options = options;
    this.endsOpen = goesOn;
    this.#isGapDue = goesOn;
    this.#mayCall = mayCall;
  }

  hear(event: BackendEvent): void {
    const { onEvent, tools } = this.#options;
    switch (event.type) {
      case 'finish':
        this.finish ??= event;
        return;
      case 'tool_call': {
        const tool = tools.find(({ name }) => name === event.call.name);
        if (tool !== undefined) return this.#use(tool, event.call);
        this.isClientAsked = true;
        return onEvent(event);
      }
      case 'text':
        // What it said before a call and what it says after it are two sentences.
        if (this.#isGapDue && !/^\s/.test(event.text)) onEvent({ type: 'text', text: ' ' });
        this.#isGapDue = false;
        this.endsOpen = !/\s$/.test(event.text);
        this.said += event.text;
        return onEvent(event);
      case 'reasoning':
      case 'progress':
      case 'context':
      case 'answering':
        return onEvent(event);
    }
  }

  #use(tool: PersonaTool, call: BackendToolCall): void {
    if (this.running.length >= this.#mayCall) return;
    const { signal, logger, onEvent } = this.#options;
    onEvent({ type: 'tool_started' });
    // What was said until now may have ended the reply.
    if (signal.aborted) return;
    if (tool.frame !== undefined) {
      const parsed = parseToolArguments(tool, call.arguments);
      // What does not fit is the model's to mend: the call's result tells it.
      if (parsed.fit) onEvent({ type: 'persona_frame', frame: tool.frame, args: parsed.args });
    }
    const run = runPersonaTool(tool, call.arguments, { signal, deadlineMs: toolDeadlineMs, logger });
    this.running.push(run.then((result) => ({ call, result })));
  }
}

interface UsedTools {
  said: string;
  uses: readonly ToolUse[];
  mayCallAgain: boolean;
}

function withUses(request: BackendRequest, { said, uses, mayCallAgain }: UsedTools): BackendRequest {
  return {
    ...request,
    messages: [
      ...request.messages,
      { role: 'assistant', content: said, toolCalls: uses.map(({ call }) => call) },
      ...uses.map(({ call, result }) => ({
        role: 'tool' as const,
        toolCallId: call.id,
        toolName: call.name,
        content: result,
      })),
    ],
    // A call that was demanded has been made; demanded again it would never end.
    toolChoice: mayCallAgain ? 'auto' : 'none',
  };
}

function sum(one: BackendUsage | undefined, other: BackendUsage | undefined): BackendUsage | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  const cachedTokens = (one.cachedTokens ?? 0) + (other.cachedTokens ?? 0);
  return {
    promptTokens: one.promptTokens + other.promptTokens,
    completionTokens: one.completionTokens + other.completionTokens,
    ...(cachedTokens > 0 && { cachedTokens }),
  };
}
