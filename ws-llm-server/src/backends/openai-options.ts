/** Options of an OpenAIBackend. A file of its own: openai-server.ts needs types of `openai`. */

export interface OpenAIServerOptions {
  /** Empty for servers that want none. */
  apiKey: string;
  /**
   * With its `/v1`, if the server has one. A query such as `?api-version=1` is appended to each
   * path and never shown.
   */
  baseUrl: string;
}
