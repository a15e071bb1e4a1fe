/**
 * A persona from its Markdown file and the code beside it: front matter for what is told to clients, the body for the prompt.
 * Owns how the parts fit together; who answers where is not known here.
 */
import { basename } from 'node:path';
import { asCodeOf } from '../foreign-code.ts';
import { toBackendParams } from '../params.ts';
import { describeIssue } from './describe-issue.ts';
import { type FrontMatter, readFrontMatter } from './front-matter.ts';
import { maxProblems, PersonaError } from './persona-error.ts';
import { personaName, personaSchema, type PersonaValues, type ToolValues } from './persona-schema.ts';
import type { Persona, PersonaTool, PersonaToolCode } from './persona.ts';
import { readRegularFile } from './read-regular-file.ts';
import type { ToolCode } from './tool-code.ts';
import { ToolCodes } from './tool-codes.ts';

/** Where the code of the persona in the Markdown file `path` is, if it has any. */
export function toolCodePath(path: string): string {
  return path.replace(/\.md$/, '.tools.js');
}

/**
 * Reads the Markdown file `path`, and the code beside it where there is any.
 * @throws PersonaError
 */
export async function readPersona(path: string): Promise<Persona> {
  const file = await readRegularFile(path);
  if (file.type !== 'text') {
    const why = file.type === 'absent' ? 'there is no such file' : file.why;
    throw new PersonaError(`${path}: cannot be read (${why})`);
  }
  const codePath = toolCodePath(path);
  const code = await new ToolCodes().of(path, codePath, await readRegularFile(codePath), {});
  return parsePersona(file.text, path, code === 'loading' ? undefined : code);
}

/**
 * The persona's name is the file's, without `.md`, where the front matter gives none.
 * @param code undefined: there is none beside the file
 * @throws PersonaError with every mistake that can be told apart
 */
export function parsePersona(text: string, path: string, code?: ToolCode): Persona {
  const head = readFrontMatter(text, path);
  const parsed = personaSchema.safeParse(head.values);
  const problems = [
    ...(parsed.success
      ? problemsOfName(parsed.data, path)
      : parsed.error.issues.slice(0, maxProblems).flatMap((issue) => describeIssue(issue, head, path))),
    ...(head.body === '' ? [`${path}: the prompt, below the front matter, is empty`] : []),
    ...(code?.problems ?? []),
    ...(parsed.success ? problemsOfCode(parsed.data.tools ?? [], head, path, code) : []),
  ];
  if (!parsed.success || problems.length > 0) throw new PersonaError(problems);
  return toPersona(parsed.data, path, head.body, code);
}

function nameOf(values: PersonaValues, path: string): string {
  return values.name ?? basename(path, '.md');
}

function problemsOfName(values: PersonaValues, path: string): string[] {
  const name = personaName.safeParse(nameOf(values, path));
  if (name.success) return [];
  return [
    `${path}:1: name: ${name.error.issues[0]?.message ?? ''}; the file's own name has others, so give it one here`,
  ];
}

function problemsOfCode(
  tools: readonly ToolValues[],
  head: FrontMatter,
  path: string,
  code: ToolCode | undefined,
): string[] {
  if (code !== undefined && code.problems.length > 0) return [];
  const names = tools.map(({ name }) => name);
  const file = basename(toolCodePath(path));
  const strangers = [...(code?.exports ?? [])]
    .filter(([name, value]) => !names.includes(name) || typeof value !== 'function')
    .map(([name]) => {
      const known =
        names.length === 0 ? `, of which ${basename(path)} declares none` : `: ${names.join(', ')}`;
      return `${toolCodePath(path)}: ${name}: expected functions that are named as tools${known}`;
    });
  const idle = tools.flatMap(({ name, frame }, index) =>
    frame !== undefined || code?.exports.has(name) === true
      ? []
      : [
          `${path}:${head.lineOf(['tools', index])}: tools[${index}]: expected a frame, or a function ${name} that ${file} exports`,
        ],
  );
  return [...strangers, ...idle];
}

function toPersona(values: PersonaValues, path: string, prompt: string, code: ToolCode | undefined): Persona {
  const { title, greeting, voice, language, suggestions, model, emotions, tools } = values;
  return {
    card: {
      name: nameOf(values, path),
      title,
      suggestions,
      ...(greeting !== undefined && { greeting }),
      ...(voice !== undefined && { voice }),
      ...(language !== undefined && { language }),
    },
    prompt,
    params: toBackendParams(values),
    ...(model !== undefined && { model }),
    ...(emotions !== undefined && { emotions }),
    ...(tools !== undefined && tools.length > 0 && { tools: tools.map((tool) => toTool(tool, code)) }),
  };
}

function toTool(
  { name, description, parameters, frame }: ToolValues,
  code: ToolCode | undefined,
): PersonaTool {
  const own = code?.exports.get(name) as PersonaToolCode | undefined;
  return {
    name,
    description,
    parameters,
    ...(frame !== undefined && { frame }),
    ...(code !== undefined && own !== undefined && { run: runIn(code.path, own) }),
  };
}

/** What `run` starts and does not await can be told by its file, too. */
function runIn(path: string, run: PersonaToolCode): PersonaToolCode {
  return (args, options) => asCodeOf(path, () => run(args, options));
}
