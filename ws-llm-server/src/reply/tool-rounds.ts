/**
 * A reply in which the persona may use tools of its own: asks the model, runs what it calls, tells it the results, asks again.
 * The client's tools are the client's: a call of one ends the reply. Knows neither frames nor deadlines.
 */
import type { Backend, BackendEvent, BackendRequest, BackendToolCall, BackendUsage } from '../backend.ts';
import type { ToolUse } from '../context/exchanges.ts';
import type { Logger } from '../logger.ts';
import type { PersonaTool } from '../personas/persona.ts';
import { parseToolArguments, runPersonaTool } from '../personas/run-persona-tool.ts';

export type ReplyEvent =
  | BackendEvent
  /** The client is to be told, by a frame of that type. */
  | { type: 'persona_frame'; frame: string; args: Record<string, unknown> }
  /** One round's calls, all answered. */
  | { type: 'tool_uses'; uses: ToolUse[] };

export interface ToolRoundsOptions {
  backend: Backend;
  /** With the persona's tools among its tools. */
  request: BackendRequest;
  tools: readonly PersonaTool[];
  signal: AbortSignal;
  /** Hears of tools that fail. */
  logger: Logger;
}

type Finish = Extract<BackendEvent, { type: 'finish' }>;

/** In the last of these the model has to answer with what it has; a call is left out then. */
const maxRounds = 6;
/** A person waits: after this the rest of the answer is worth more than the tool. */
const toolDeadlineMs = 5_000;

export async function* toolRounds(options: ToolRoundsOptions): AsyncGenerator<ReplyEvent> {
  const { backend, tools, signal } = options;
  let { request } = options;
  let usage: BackendUsage | undefined;
  /** Whether the last text ended in the middle of a line. */
  let isSaid = false;
  for (let round = 1; ; round += 1) {
    let isGapDue = isSaid && round > 1;
    let said = '';
    const running: Promise<ToolUse>[] = [];
    let isClientAsked = false;
    let finish: Finish | undefined;
    for await (const event of backend.stream(request, { signal })) {
      if (event.type === 'finish') {
        finish = event;
        break;
      }
      const tool =
        event.type === 'tool_call' ? tools.find(({ name }) => name === event.call.name) : undefined;
      if (event.type === 'tool_call' && tool !== undefined) {
        if (round === maxRounds) continue;
        yield* frameOf(tool, event.call);
        running.push(use(tool, event.call, options));
        continue;
      }
      if (event.type === 'tool_call') isClientAsked = true;
      if (event.type === 'text') {
        // What it said before a call and what it says after it are two sentences.
        if (isGapDue && !/^\s/.test(event.text)) yield { type: 'text', text: ' ' };
        isGapDue = false;
        isSaid = !/\s$/.test(event.text);
        said += event.text;
      }
      yield event;
    }
    // Without an end marker: whoever reads on finds that there is none.
    if (finish === undefined) return;
    usage = sum(usage, finish.usage);
    if (running.length > 0) {
      yield { type: 'progress' };
      const uses = await Promise.all(running);
      yield { type: 'tool_uses', uses };
      request = withUses(request, { said, uses, mayCallAgain: round + 1 < maxRounds });
    }
    if (running.length === 0 || isClientAsked) {
      const reason = finish.reason === 'tool_calls' && !isClientAsked ? 'stop' : finish.reason;
      yield { ...finish, reason, ...(usage !== undefined && { usage }) };
      return;
    }
  }
}

function* frameOf(tool: PersonaTool, call: BackendToolCall): Generator<ReplyEvent> {
  if (tool.frame === undefined) return;
  const parsed = parseToolArguments(tool, call.arguments);
  // What does not fit is the model's to mend: the call's result tells it.
  if (parsed.fit) yield { type: 'persona_frame', frame: tool.frame, args: parsed.args };
}

async function use(
  tool: PersonaTool,
  call: BackendToolCall,
  { signal, logger }: ToolRoundsOptions,
): Promise<ToolUse> {
  const result = await runPersonaTool(tool, call.arguments, { signal, deadlineMs: toolDeadlineMs, logger });
  return { call, result };
}

interface Round {
  /** What the model said beside its calls. */
  said: string;
  uses: readonly ToolUse[];
  mayCallAgain: boolean;
}

function withUses(request: BackendRequest, { said, uses, mayCallAgain }: Round): BackendRequest {
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
