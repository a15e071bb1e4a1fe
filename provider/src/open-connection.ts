/**
 * Opens a connection in nobody's name: a socket keeps the asynchronous context in which it was opened, and with it the session, task and LLM
 * of whoever happened to ask first. Knows nothing of what is said on it.
 */
import { AsyncResource } from 'node:async_hooks';
import type { Channel, Connection } from '@ws-llm/client';

const nobody = new AsyncResource('ws-llm');

/** @throws ConnectionError */
export function openConnection(connection: Connection): Promise<Channel> {
  return nobody.runInAsyncScope(() => connection.open());
}
