/**
 * Whether a refusal says that a model, or the server that runs it, takes no tools at all; not that one tool or one use of it is wrong.
 * In the words of servers that exist. Pure.
 */

const tools = String.raw`["'\`]?(?:tools|tool[ _-](?:use|calls?|calling)|functions|function[ _-](?:calls?|calling))["'\`]?`;

const wordings: readonly RegExp[] = [
  // Ollama: `"llama2" does not support tools`. DeepSeek: "... does not support Function Calling".
  new RegExp(String.raw`\b(?:does not|doesn't|cannot) support (?:the use of )?${tools}(?![\w\[.])`, 'i'),
  // Groq: "`tool calling` is not supported with this model". Mistral: "Function calling is not enabled for this model".
  new RegExp(
    String.raw`(?<!parallel[ _]|[\w.])${tools}(?: param(?:eter)?)? (?:is|are) not (?:fully )?(?:supported|enabled|available)`,
    'i',
  ),
  // vLLM: `"auto" tool choice requires --enable-auto-tool-choice`. llama.cpp: "tools param requires --jinja flag".
  /\btools?(?:[ _]choice)?(?: param(?:eter)?)? requires? --/i,
  // llama.cpp of old. Every reply here is a stream.
  /\bcannot use tools with stream/i,
  // OpenRouter: "No endpoints found that support tool use".
  /\bno \w+ found that supports? tool/i,
];

export function refusesTools(complaint: string): boolean {
  return wordings.some((wording) => wording.test(complaint));
}
