/** A call of a tool, in the wire's words and in the backend's. */
import type { ToolCall } from '@ws-llm/protocol';
import type { BackendToolCall } from '../backend.ts';

export function toWireCall({ id, name, arguments: args }: BackendToolCall): ToolCall {
  return { id, type: 'function', function: { name, arguments: args } };
}

export function toBackendCall({ id, function: { name, arguments: args } }: ToolCall): BackendToolCall {
  return { id, name, arguments: args };
}
