/** The keys of a persona's front matter, and what each has to be. Every mistake is told as `expected ...`. Knows no files. */
import { clientFrames, serverFrames } from '@ws-llm/protocol';
import { z } from 'zod';
import { messageOf } from '../thrown.ts';
import { checkOf } from './tool-schema.ts';

/** A frame of one of these types would be taken for the protocol's own; plain frames have no others. */
const protocolTypes: readonly string[] = [...Object.keys(clientFrames), ...Object.keys(serverFrames)];
/** Keys that a frame has beside a tool's arguments. */
const frameKeys = ['type', 'id'];

const expected = (what: string): { error: string } => ({ error: `expected ${what}` });

function textOf(what: string): z.ZodString {
  return z.string(expected(what)).trim().min(1, expected(what));
}

function matching(pattern: RegExp, what: string): z.ZodString {
  return z.string(expected(what)).regex(pattern, expected(what));
}

function numberOf(what: string, min: number, max: number): z.ZodNumber {
  return z.number(expected(what)).min(min, expected(what)).max(max, expected(what));
}

export const personaName = matching(/^[\w-]{1,64}$/, 'at most 64 letters, digits, - and _');

const toolName = matching(/^[A-Za-z_]\w{0,63}$/, 'letters, digits and _, as a function is named');
const frameType = matching(/^[A-Za-z]\w{0,63}$/, 'the type of a frame, such as symptoms_collected').refine(
  (type) => !protocolTypes.includes(type),
  expected("a type that is not one of the protocol's own"),
);

const parameters = z
  .record(z.string(), z.unknown(), expected('a JSON schema'))
  .refine((schema) => schema['type'] === 'object', expected('a JSON schema of type object'))
  .superRefine((schema, context) => {
    try {
      checkOf(schema);
    } catch (error) {
      context.addIssue(`expected a JSON schema that can be checked (${messageOf(error)})`);
    }
  });

const keysOfTool = {
  name: toolName,
  description: textOf('text that tells the model when to call the tool'),
  parameters: parameters.default({ type: 'object', properties: {} }),
  frame: frameType.optional(),
};
/** Names of a tool's keys. */
export const toolKeys: readonly string[] = Object.keys(keysOfTool);

const tool = z
  .strictObject(keysOfTool, expected(`a tool with the keys ${toolKeys.join(', ')}`))
  .superRefine((value, context) => {
    if (value.frame === undefined) return;
    const properties = Object.keys(Object(value.parameters['properties']));
    for (const key of frameKeys.filter((name) => properties.includes(name))) {
      const message = 'expected another name: a frame has a key of its own of that name';
      context.addIssue({ code: 'custom', path: ['parameters', 'properties', key], message });
    }
  });
export type ToolValues = z.infer<typeof tool>;

const tools = z.array(tool, expected('a list of tools')).superRefine((list, context) => {
  for (const [index, { name }] of list.entries()) {
    if (list.findIndex((other) => other.name === name) === index) continue;
    context.addIssue({ code: 'custom', path: [index, 'name'], message: 'expected a name of its own' });
  }
});

const emotions = z
  .array(matching(/^(?=.*\S)[^\n]{1,40}$/, 'a word'), expected('a list of words'))
  .min(2, expected('at least two words'))
  .refine(
    (words) => new Set(words.map((word) => word.toLowerCase())).size === words.length,
    expected('words that differ'),
  );

const suggestion = textOf('text; put it into quotes where it holds a colon');

const keys = {
  name: personaName.optional(),
  title: textOf('text'),
  greeting: textOf('text').optional(),
  voice: textOf('text').optional(),
  language: matching(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/, 'a language such as en or de-CH').optional(),
  suggestions: z.array(suggestion, expected('a list of texts')).default([]),
  model: textOf("a model's name").optional(),
  temperature: numberOf('a number from 0 to 2', 0, 2).optional(),
  top_p: numberOf('a number from 0 to 1', 0, 1).optional(),
  max_tokens: z
    .int(expected('a whole number above 0'))
    .positive(expected('a whole number above 0'))
    .optional(),
  seed: z.int(expected('a whole number')).optional(),
  stop: z
    .union([z.string().min(1), z.array(z.string().min(1))], expected('text, or a list of texts'))
    .optional(),
  reasoning_effort: textOf('an effort such as none, low, medium or high').optional(),
  emotions: emotions.optional(),
  tools: tools.optional(),
};

export const personaSchema = z.strictObject(keys);
export type PersonaValues = z.infer<typeof personaSchema>;

/** Names of all keys. */
export const personaKeys: readonly string[] = Object.keys(keys);
