/** The complete public surface of the plugin; named exports only. Importing it registers the plugin with LiveKit. */
import { Plugin } from '@livekit/agents';

class WsLlmPlugin extends Plugin {
  constructor() {
    super({ title: 'ws-llm', version: '0.1.0', package: 'livekit-agents-plugin-ws-llm' });
  }
}

Plugin.registerPlugin(new WsLlmPlugin());

export { WebSocketLLM } from './llm.ts';
export type {
  PersonaFrameEvent,
  PersonaFrames,
  ReasoningEvent,
  ReplyEndedEvent,
  WebSocketLLMCallbacks,
} from './events.ts';
export type { WebSocketLLMOptions } from './options.ts';
export { replyExtraOf, type ReplyExtra } from './reply-extra.ts';
export { type ReplyDeadlines, WebSocketLLMStream } from './stream.ts';
export type { Params, PersonaCard, ReadyFrame } from '@ws-llm/protocol';
