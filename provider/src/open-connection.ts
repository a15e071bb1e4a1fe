/**
 * Opens a connection in nobody's name: a socket keeps the asynchronous context in which it was opened, and with it the session, task and LLM
 * of whoever happened to ask first. Knows nothing of what is said on it.
 */
import { AsyncResource } from 'node:async_hooks';
import { type Channel, type Connection, ConnectionError } from '@ws-llm/client';

const nobody = new AsyncResource('ws-llm');

/** @throws ConnectionError */
export function openConnection(connection: Connection): Promise<Channel> {
  return nobody.runInAsyncScope(() => connection.open());
}

/** @throws ConnectionError where the channel has ended meanwhile, by its owner or by the server */
export function requireOpen(channel: Channel, connection: Connection): void {
  if (channel.open) return;
  const { state } = connection;
  if (state.type === 'closed') throw closedByOwner();
  // It says why, such as that there is no such persona.
  if (state.type === 'waiting' || state.type === 'refused') throw state.error;
  throw new ConnectionError('unreachable', 'the server closed the connection as soon as it was open');
}

export function closedByOwner(): ConnectionError {
  return new ConnectionError('closed', 'this LLM was closed; make a new one');
}
