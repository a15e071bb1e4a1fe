/** The complete public surface of the client; named exports only. */
export type { Channel, ChannelEvents, Closed, Dialect } from './channel.ts';
export { Connection, type ConnectionOptions, type ConnectionState } from './connection.ts';
export { ConnectionError, type ConnectionErrorReason } from './connection-error.ts';
export type { ChatRequest, Reply, ReplyEnd, ReplyPart, ReplySink } from './reply.ts';
export { streamReply } from './stream-reply.ts';
export type { OpenWebSocket, WebSocketLike } from './web-socket.ts';
