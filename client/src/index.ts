/** The complete public surface of the client; named exports only. */
export type { Channel, ChannelEvents, Dialect } from './channel.ts';
export type { Closed } from './closed.ts';
export { Connection } from './connection.ts';
export { ConnectionError, type ConnectionErrorReason } from './connection-error.ts';
export type { ConnectionOptions, ConnectionState } from './connection-options.ts';
export type { Token } from './credentials.ts';
export type { ChatRequest, Reply, ReplyEnd, ReplyPart, ReplySink } from './reply.ts';
export { streamReply } from './stream-reply.ts';
export type { WarmEnd, Warming } from './warming.ts';
export type { OpenWebSocket, WebSocketLike } from './web-socket.ts';
