/** The complete public surface of the server, for those who start it from their own code; named exports only. */
export {
  type Backend,
  type BackendContentPart,
  type BackendContext,
  BackendError,
  type BackendErrorCode,
  type BackendErrorOptions,
  type BackendEvent,
  type BackendFinishReason,
  type BackendListener,
  type BackendMessage,
  type BackendParams,
  type BackendRequest,
  type BackendTool,
  type BackendToolCall,
  type BackendToolChoice,
  type BackendUsage,
  type BackendWarmth,
  type ContextRefusal,
  type ModelInfo,
  type PullListener,
  type PullProgress,
} from './backend.ts';
export { DemoBackend } from './backends/demo-backend.ts';
export { setModelSocketLimit } from './backends/model-sockets.ts';
export { OllamaBackend, type OllamaBackendOptions } from './backends/ollama-backend.ts';
export { OpenAIBackend, type OpenAIBackendOptions } from './backends/openai-backend.ts';
export { ConfigError, loadConfig, type ServerConfig, serverVariables } from './config.ts';
export type { TurnLimits } from './context/turns.ts';
export type { AdmissionPolicy } from './http/admission.ts';
export type { Logger } from './logger.ts';
export type { Persona, PersonaTool, PersonaToolCode } from './personas/persona.ts';
export { PersonaError } from './personas/persona-error.ts';
export { PersonaLibrary, type PersonaLibraryOptions } from './personas/persona-library.ts';
export { readPersona } from './personas/read-persona.ts';
export { createPersonaServer, type PersonaServer, type PersonaServerOptions } from './server.ts';
