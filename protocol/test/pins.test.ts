/** What is on the wire stays as it is: names, numbers and keys, frozen here as literals. A change here is a new version of the protocol. */
import { expect, test } from 'vitest';
import { CloseCode, clientFrames, errorCodes, features, serverFrames, SUBPROTOCOL } from '../src/index.ts';
import { limits } from '../src/limits.ts';
import { plainChatFrame, plainResetFrame, plainServerFrame } from '../src/plain-frame.ts';

/** Keys that must be there, and keys that may. */
type Keys = [required: string, optional: string];

function keysOf(schema: {
  shape: Record<string, { safeParse(value: unknown): { success: boolean } }>;
}): Keys {
  const entries = Object.entries(schema.shape);
  const optional = entries.filter(([, key]) => key.safeParse(undefined).success);
  const required = entries.filter((entry) => !optional.includes(entry));
  return [required.map(([key]) => key).join(' '), optional.map(([key]) => key).join(' ')];
}

function keysOfAll(schemas: Record<string, Parameters<typeof keysOf>[0]>): Record<string, Keys> {
  return Object.fromEntries(Object.entries(schemas).map(([type, schema]) => [type, keysOf(schema)]));
}

const requestOptions =
  'thread mirror persona instructions tools tool_choice parallel_tool_calls params output deadlines heard annotate';

test('the subprotocol is ws-llm.v1', () => {
  expect(SUBPROTOCOL).toBe('ws-llm.v1');
});

test('close codes keep their numbers', () => {
  expect(CloseCode).toEqual({
    normal: 1000,
    goingAway: 1001,
    lost: 1006,
    notUtf8: 1007,
    tooBig: 1009,
    fault: 1011,
    restart: 1012,
    overloaded: 1013,
    badFrame: 4400,
    unauthorized: 4401,
    originRefused: 4403,
    noSuchPersona: 4404,
    subprotocolRefused: 4406,
    idReused: 4409,
  });
});

test('error codes keep their names', () => {
  expect(errorCodes.join(' ')).toBe(
    'bad_request unauthorized too_large context_too_long unknown_mirror rate_limited overloaded ' +
      'backend_unavailable backend_timeout backend_failed internal',
  );
});

test('features keep their names', () => {
  expect(features.join(' ')).toBe(
    'standalone tools params instructions deadlines threads mirrors heard warm personas speech annotations',
  );
});

test('limits keep their keys, and every one but the shared ones is required', () => {
  expect(keysOf(limits)).toEqual([
    'frame_bytes messages list_bytes mirrors open_requests tool_bytes id_chars key_chars buffered_bytes ' +
      'stalled_ms reply_chars first_token_ms idle_ms total_ms ping_interval_ms silence_ms',
    'shared',
  ]);
});

test('frames of v1 clients keep their types and keys', () => {
  expect(keysOfAll(clientFrames)).toEqual({
    chat: ['type id messages', requestOptions],
    warm: ['type id messages', requestOptions],
    cancel: ['type id', ''],
    reset: ['type', 'thread'],
    ping: ['type', ''],
  });
});

test('frames of v1 servers keep their types and keys', () => {
  // An error without a known code is one all the same, so `code` is not required of a server to come.
  expect(keysOfAll(serverFrames)).toEqual({
    ready: ['type server persona personas backend limits features', 'model'],
    delta: ['type id content', ''],
    reasoning: ['type id content', ''],
    tool_call: ['type id call', ''],
    complete: ['type id finish_reason usage timing backend', 'model context'],
    warmed: ['type id timing', 'prefilled_tokens'],
    error: ['type message retryable', 'id code retry_after_ms'],
    annotation: ['type reply', 'emotion'],
    closing: ['type grace_ms', ''],
    reset_complete: ['type', 'thread'],
    pong: ['type', ''],
  });
});

test('plain frames keep their types and keys', () => {
  expect([plainChatFrame, plainResetFrame].map(keysOf)).toEqual([
    ['type messages', ''],
    ['type', ''],
  ]);
  expect(plainServerFrame.options.map((schema) => [...schema.shape.type.values, ...keysOf(schema)])).toEqual([
    ['delta', 'type content', ''],
    ['complete', 'type content', ''],
    ['error', 'type message', ''],
    ['reset_complete', 'type', 'message'],
  ]);
});
