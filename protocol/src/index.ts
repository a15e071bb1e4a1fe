/** The complete public surface of the wire; named exports only. The specification is PROTOCOL.md. */
export {
  type CancelFrame,
  type ChatFrame,
  type ClientFrame,
  type Deadlines,
  type Mirror,
  type MirroredRequest,
  type Params,
  type PingFrame,
  type ResetFrame,
  type WarmFrame,
  clientFrames,
} from './client-frame.ts';
export { CloseCode, closeReason, isRetryableClose } from './close-code.ts';
export { encodeFrame } from './encode-frame.ts';
export { type ErrorCode, errorCodes, isRetryableError } from './error-code.ts';
export type { Limits, SharedLimits } from './limits.ts';
export type { ContentPart, Message, Role, Tool, ToolCall, ToolChoice } from './message.ts';
export { type ParsedClientFrame, parseClientFrame, type RefusedMirror } from './parse-client-frame.ts';
export { type ParsedPlainFrame, parsePlainClientFrame, parsePlainServerFrame } from './parse-plain-frame.ts';
export { type ParsedServerFrame, parseServerFrame } from './parse-server-frame.ts';
export type { PlainChatFrame, PlainClientFrame, PlainResetFrame, PlainServerFrame } from './plain-frame.ts';
export {
  type AnnotationFrame,
  type ClosingFrame,
  type CompleteFrame,
  type DeltaFrame,
  type ErrorFrame,
  type Feature,
  type FinishReason,
  type PersonaCard,
  type PongFrame,
  type ReadyFrame,
  type ReasoningFrame,
  type ResetCompleteFrame,
  type ServerFrame,
  type Timing,
  type ToolCallFrame,
  type Usage,
  type WarmedFrame,
  features,
  serverFrames,
} from './server-frame.ts';
export { SUBPROTOCOL } from './subprotocol.ts';
