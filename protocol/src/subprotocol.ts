/** The name by which a client asks for v1. Without it a client is plain. */
export const SUBPROTOCOL = 'ws-llm.v1';
