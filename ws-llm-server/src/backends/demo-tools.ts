/**
 * How the demo uses tools: it calls those that were offered and asked for, with arguments made from the question and the tool's schema,
 * and says what came back. Knows nothing of whose tools they are. Pure but for the ids of its calls.
 */
import { randomUUID } from 'node:crypto';
import type { BackendMessage, BackendRequest, BackendTool } from '../backend.ts';
import { demoArguments } from './demo-arguments.ts';
import { followed } from './demo-failures.ts';
import { type DemoStep, say } from './demo-reply.ts';

/** Undefined: neither is a tool asked for, nor is one demanded. */
export function demoCalls(request: BackendRequest, question: string): DemoStep[] | undefined {
  const { tools = [], toolChoice = 'auto' } = request;
  const wanted = wantedTools(tools, toolChoice, question);
  if (wanted === undefined) return undefined;
  if (toolChoice === 'none') return [say('I was told to use no tool this time.')];
  if (wanted.length === 0) {
    return [say('No tool was offered to me. Send one with your question, or choose a persona that has one.')];
  }
  const called = request.parallelToolCalls === false ? wanted.slice(0, 1) : wanted;
  return [
    // The space is for a tool of the persona's own, after which the same reply goes on.
    say(`One moment, I use ${called.map(({ name }) => spoken(name)).join(' and ')}. `),
    ...called.map((tool): DemoStep => ({
      type: 'tool_call',
      call: {
        id: `call_${randomUUID()}`,
        name: tool.name,
        arguments: JSON.stringify(demoArguments(tool, question)),
      },
    })),
  ];
}

/** What the tools answered since the person last spoke; undefined: nothing. */
export function demoResults(messages: readonly BackendMessage[]): DemoStep[] | undefined {
  const results = messages.slice(messages.findLastIndex(({ role }) => role !== 'tool') + 1);
  const sentences = results.flatMap((message) => (message.role === 'tool' ? [resultSentence(message)] : []));
  return sentences.length === 0 ? undefined : [say(sentences.join(' '))];
}

function wantedTools(
  tools: readonly BackendTool[],
  choice: NonNullable<BackendRequest['toolChoice']>,
  question: string,
): readonly BackendTool[] | undefined {
  if (typeof choice === 'object') return tools.filter(({ name }) => name === choice.name);
  const named = tools.filter(({ name }) => mentions(question, name));
  if (named.length > 0) return named;
  if (followed(question, /\b(?:all|both|every)\b/i, /\btools?\b/i)) return tools;
  const isAsked = choice === 'required' || /\btools?\b/i.test(question);
  return isAsked ? tools.slice(0, 1) : undefined;
}

/** Heard or typed: `get_weather` is also "get weather". */
function mentions(question: string, name: string): boolean {
  const words = ` ${question.toLowerCase().replaceAll(/[^\p{L}\p{N}_]+/gu, ' ')} `;
  return words.includes(` ${name.toLowerCase()} `) || words.includes(` ${spoken(name)} `);
}

/** As one would say it: `getWeather` is "get weather". */
function spoken(name: string): string {
  return name
    .replaceAll(/([a-z])([A-Z])/g, '$1 $2')
    .replaceAll(/[_.-]+/g, ' ')
    .toLowerCase();
}

function resultSentence({ content, toolName }: Extract<BackendMessage, { role: 'tool' }>): string {
  const name = toolName === undefined ? 'The tool' : `The tool ${spoken(toolName)}`;
  const value = parse(content);
  if (typeof value === 'object' && value !== null) {
    if ('error' in value) return `${name} failed: ${inWords(value.error)}.`;
    if ('ok' in value && value.ok === true) return `${name} is done.`;
  }
  return `${name} says: ${inWords(value).replace(/[.!?]$/, '')}.`;
}

/** JSON as one would say it. */
function inWords(value: unknown): string {
  if (Array.isArray(value)) return value.map(inWords).join(', ');
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value)
      .map(([key, inner]) => `${spoken(key)} ${inWords(inner)}`)
      .join(', ');
  }
  return String(value);
}

function parse(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    return content;
  }
}
