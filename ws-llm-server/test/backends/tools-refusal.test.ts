/** A model that takes no tools is told from a request whose tools are wrong, by the words of servers that exist. */
import { expect, test } from 'vitest';
import { refusesTools } from '../../src/backends/tools-refusal.ts';

test.each([
  'Ollama at http://127.0.0.1:11434 answered 400: registry.ollama.ai/library/smollm2:135m does not support tools',
  '400: "auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set',
  '500: tools param requires --jinja flag',
  '400: Cannot use tools with stream',
  '400: `tool calling` is not supported with this model',
  "400: 'tools' is not supported with this model.",
  '400: tools is not supported in this model. For a list of supported models, see the documentation.',
  '400: Function calling is not enabled for this model',
  '400: deepseek-reasoner does not support Function Calling',
  '404: No endpoints found that support tool use. Try disabling "note".',
])('%s: it takes none', (complaint) => {
  expect(refusesTools(complaint)).toBe(true);
});

test.each([
  'Models at Ollama cannot be made to call a tool: tool_choice "required" is not taken. Use "auto", or name the tool.',
  "400: Invalid schema for function 'note': In context=('properties', 'tools'), 'required' is required to be supplied",
  "400: Invalid 'tools[0].function.name': string does not match pattern, with unsupported characters",
  "400: Missing required parameter: 'tools[0].type'",
  '400: tool_choice is not supported',
  '400: parallel_tool_calls is not supported',
  '400: Parallel tool calls are not supported by this server',
  '400: messages with role "tool" must be a response to a preceding message with "tool_calls"',
  'llama3.2 does not support thinking',
  "400: This model's maximum context length is 512 tokens; the tools require 600",
])('%s: it may well take others', (complaint) => {
  expect(refusesTools(complaint)).toBe(false);
});
