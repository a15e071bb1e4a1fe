/** However a server cuts and numbers its calls, they come out whole, each under an id of its own. */
import { expect, test } from 'vitest';
import { type ToolCallPiece, ToolCallPieces } from '../../src/backends/tool-call-pieces.ts';

function callsOf(...pieces: ToolCallPiece[]): { id: string; name: string; arguments: string }[] {
  const calls = new ToolCallPieces();
  for (const piece of pieces) calls.add(piece);
  return calls.all();
}

test('pieces of parallel calls interleave by their index', () => {
  expect(
    callsOf(
      { index: 0, id: 'a', function: { name: 'f', arguments: '' } },
      { index: 1, id: 'b', function: { name: 'g', arguments: '{"y"' } },
      { index: 0, function: { arguments: '{"x":1}' } },
      { index: 1, function: { arguments: ':2}' } },
    ),
  ).toEqual([
    { id: 'a', name: 'f', arguments: '{"x":1}' },
    { id: 'b', name: 'g', arguments: '{"y":2}' },
  ]);
});

test('whole calls without an index are not glued together', () => {
  const calls = callsOf(
    { id: 'a', function: { name: 'f', arguments: '{"x":1}' } },
    { id: 'b', function: { name: 'f', arguments: '{"x":2}' } },
  );
  expect(calls.map((call) => [call.id, call.arguments])).toEqual([
    ['a', '{"x":1}'],
    ['b', '{"x":2}'],
  ]);
});

test('pieces without an index go on with the call that was begun last', () => {
  expect(
    callsOf(
      { id: 'a', function: { name: 'f' } },
      { function: { arguments: '{"x"' } },
      { id: 'a', function: { arguments: ':1}' } },
    ),
  ).toEqual([{ id: 'a', name: 'f', arguments: '{"x":1}' }]);
});

test('calls without ids get ids that differ, and calls without arguments an empty object', () => {
  const calls = callsOf(
    { index: 0, function: { name: 'f' } },
    { index: 1, id: '', function: { name: 'g', arguments: null } },
  );
  expect(new Set(calls.map(({ id }) => id)).size).toBe(2);
  expect(calls.map((call) => call.arguments)).toEqual(['{}', '{}']);
});
