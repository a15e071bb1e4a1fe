/** Whatever a client did to its history, the model sees every call answered and no result without a call. */
import type { Message } from '@ws-llm/protocol';
import { expect, test } from 'vitest';
import { pairCalls } from '../../src/context/pair-calls.ts';

const call = (
  id: string,
): { id: string; type: 'function'; function: { name: string; arguments: string } } => ({
  id,
  type: 'function',
  function: { name: 'f', arguments: '{}' },
});
const result = (id: string, content: string): Message => ({ role: 'tool', tool_call_id: id, content });

test('results follow their calls, in the order of the calls, wherever they stood', () => {
  const messages: Message[] = [
    { role: 'user', content: 'q' },
    { role: 'assistant', content: '', tool_calls: [call('a'), call('b')] },
    { role: 'user', content: 'hurry' },
    result('b', 'B'),
    result('a', 'A'),
  ];
  expect(pairCalls(messages)).toEqual([
    messages[0],
    messages[1],
    result('a', 'A'),
    result('b', 'B'),
    messages[2],
  ]);
});

test('a model that numbers its calls anew in each reply gets each result where it belongs', () => {
  const turn = (city: string, weather: string): Message[] => [
    { role: 'user', content: city },
    { role: 'assistant', content: '', tool_calls: [call('call_0')] },
    result('call_0', weather),
  ];
  const messages = [...turn('Rome', 'dry'), ...turn('Oslo', 'snow')];
  expect(pairCalls(messages)).toEqual(messages);
});

test('an empty list of calls is none', () => {
  expect(pairCalls([{ role: 'assistant', content: 'a', tool_calls: [] }])).toEqual([
    { role: 'assistant', content: 'a' },
  ]);
});

test('a missing result is written, a result without a call is left out', () => {
  const messages: Message[] = [
    result('lost', 'x'),
    { role: 'assistant', content: '', tool_calls: [call('a')] },
    { role: 'user', content: 'q' },
  ];
  expect(pairCalls(messages)).toEqual([messages[1], result('a', 'This call was not answered.'), messages[2]]);
});
