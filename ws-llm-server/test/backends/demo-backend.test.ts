/** The demo shows every kind of frame when it is asked for it in plain words, says that no model is connected, and stops when told to. */
import { describe, expect, test } from 'vitest';
import {
  BackendError,
  type BackendEvent,
  type BackendMessage,
  type BackendRequest,
  type BackendTool,
} from '../../src/backend.ts';
import { DemoBackend } from '../../src/backends/demo-backend.ts';
import { buildEmotionRequest } from '../../src/personas/emotion.ts';
import { SpeechText } from '../../src/speech/speech-text.ts';
import { collect, listen } from './collect.ts';

const user = (content: string): BackendMessage => ({ role: 'user', content });
const greeting: BackendMessage = { role: 'assistant', content: 'Hello.' };
const { signal } = new AbortController();

/** Without its pauses. */
function read(request: BackendRequest): Promise<BackendEvent[]> {
  return collect(new DemoBackend({ slowness: 0 }), request);
}

/** In a conversation that has begun. */
function ask(question: string, more: Partial<BackendRequest> = {}): Promise<BackendEvent[]> {
  return read({ messages: [greeting, user(question)], params: {}, ...more });
}

function joined(events: BackendEvent[], type: 'text' | 'reasoning' = 'text'): string {
  return events.map((event) => (event.type === type ? event.text : '')).join('');
}

const callsOf = (events: BackendEvent[]) =>
  events.flatMap((event) => (event.type === 'tool_call' ? [event.call] : []));

const weather: BackendTool = {
  name: 'get_weather',
  parameters: {
    type: 'object',
    properties: {
      city: { type: 'string' },
      days: { type: 'integer', minimum: 1 },
      unit: { enum: ['celsius', 'fahrenheit'] },
    },
    required: ['city', 'days', 'unit'],
  },
};
const symptoms: BackendTool = {
  name: 'collect_symptoms',
  parameters: {
    type: 'object',
    properties: {
      symptoms: {
        type: 'array',
        items: {
          type: 'object',
          properties: {
            name: { type: 'string' },
            choice_id: { type: 'string', enum: ['present', 'absent'] },
          },
          required: ['name', 'choice_id'],
        },
      },
    },
    required: ['symptoms'],
  },
};

describe('what it says of itself', () => {
  test('the first reply says that no model is connected, and in one sentence what to ask for; the next ones do not', async () => {
    const first = await read({ messages: [user('I have a headache')], params: {} });
    expect(joined(first)).toMatch(/^This is the demo: no model is connected/);
    expect(joined(first)).toMatch(
      / Ask me for markdown, [^.]*reasoning[^.]*tool[^.]*slow[^.]*long[^.]*feeling[^.]*error\. I am sorry/,
    );
    expect(first.length).toBeGreaterThan(20);
    expect(first.at(-1)).toEqual({ type: 'finish', reason: 'stop' });
    const next = await ask('what of sleep?');
    expect(joined(next)).not.toContain('demo');
    expect(joined(next)).toContain('same time each night');
  });

  test('in an emergency it says first what to do', async () => {
    const events = await read({ messages: [user('I have chest pain')], params: {} });
    expect(joined(events)).toMatch(/^If this is happening now, please call.*This is the demo/);
  });

  test('what is not in its script is answered by what is', async () => {
    expect(joined(await ask('Tell me about quarks'))).toMatch(/no line for that.*Ask me for markdown/);
  });

  test('its one model is there, nothing has to be loaded, and another model is refused by name', async () => {
    const demo = new DemoBackend();
    expect(await demo.models()).toEqual([{ name: 'demo-script', loaded: true }]);
    expect(await demo.warm({ messages: [user('hi')], params: {} })).toEqual({});
    await expect(ask('hi', { model: 'gpt-9' })).rejects.toMatchObject({
      code: 'bad_request',
      message: 'The demo has no model gpt-9. It has demo-script.',
    });
    expect((await ask('hi', { model: 'demo-script' })).at(-1)).toMatchObject({ reason: 'stop' });
  });

  test('an image is refused in words, not overlooked', async () => {
    const content = [{ type: 'image_url' as const, image_url: { url: 'data:image/png;base64,AAAA' } }];
    await expect(read({ messages: [{ role: 'user', content }], params: {} })).rejects.toMatchObject({
      code: 'bad_request',
      message: 'The demo does not take images',
    });
  });
});

describe('what it shows', () => {
  test('markdown of every kind, also as the first reply, and what can be heard of it', async () => {
    const text = joined(await read({ messages: [user('Show me some markdown, please')], params: {} }));
    for (const mark of [
      /\n\n## /,
      /\*\*bold/,
      /^- /m,
      /^1\. /m,
      /^\| /m,
      /^> /m,
      /\]\(http/,
      /^```js$/m,
      /🎉/,
    ]) {
      expect(text).toMatch(mark);
    }
    const spoken = new SpeechText().push(text);
    expect(spoken).toContain('This is bold, this is slanted, and this is code.');
    expect(spoken).not.toMatch(/[*#|`>[\]]|console/);
  });

  test('reasoning, before its answer', async () => {
    const events = await read({ messages: [user('Let me see your reasoning')], params: {} });
    expect(events[0]?.type).toBe('reasoning');
    expect(joined(events, 'reasoning')).toContain('Two plus two');
    expect(joined(events)).toMatch(/^This is the demo.*Two plus two is four\.$/);
  });

  test('a long reply', async () => {
    expect(joined(await ask('A long reply')).match(/\./g)).toHaveLength(20);
  });

  test('what the person said before', async () => {
    const messages = [user('My name is Anna.'), greeting, user('What did I say?')];
    expect(joined(await read({ messages, params: {} }))).toBe('Before this you said: My name is Anna.');
  });

  test('a slow reply, as slow as it is asked for', async () => {
    const startedAt = performance.now();
    const abort = new AbortController();
    const request = { messages: [greeting, user('reply after 1 second')], params: {} };
    const events = listen(new DemoBackend(), request, abort);
    expect((await events.next()).value).toMatchObject({ type: 'text' });
    expect(performance.now() - startedAt).toBeGreaterThan(1_000);
    abort.abort();
  });

  test.each([
    ['Give me an error', { code: 'backend_failed', retryable: false }, 0],
    ['Show me an error in the middle', { code: 'backend_failed' }, 5],
    ['Hit a rate limit', { code: 'rate_limited', retryable: true, retryAfterMs: 5_000 }, 0],
    ['Be unavailable', { code: 'backend_unavailable', retryable: true }, 0],
    ['Say that the context is too long', { code: 'context_too_long' }, 0],
  ])('%s', async (question, meaning, words) => {
    const events: BackendEvent[] = [];
    const onEvent = (event: BackendEvent): void => void events.push(event);
    const request = { messages: [greeting, user(question)], params: {} };
    const failing = new DemoBackend({ slowness: 0 }).reply(request, { signal, onEvent });
    await expect(failing).rejects.toBeInstanceOf(BackendError);
    await expect(failing).rejects.toMatchObject(meaning);
    expect(events.length).toBeGreaterThanOrEqual(words);
    expect(events.length === 0).toBe(words === 0);
  });

  test('a reply that breaks off, and one that a filter ends', async () => {
    expect((await ask('Break off, please')).at(-1)?.type).toBe('text');
    expect((await ask('Show me a content filter')).at(-1)).toEqual({
      type: 'finish',
      reason: 'content_filter',
    });
  });

  test.each(['My heart rate limits me', 'I need a break', 'heart failure', 'I hang out a lot'])(
    'nothing breaks where somebody only says: %s',
    async (question) => {
      expect((await ask(question)).at(-1)).toEqual({ type: 'finish', reason: 'stop' });
    },
  );

  test.each([
    ['Be happy', ['calm', 'sad', 'cheerful'], 'cheerful'],
    ['I am sad', ['cheerful', 'sympathetic', 'calm'], 'sympathetic'],
    ['I am sad', ['fröhlich', 'herzlich', 'mitfühlend'], 'mitfühlend'],
    ['Show me a calm feeling', ['cheerful', 'neutral'], 'neutral'],
  ])('the feeling of a reply: %s of %j', async (question, emotions, feeling) => {
    const after: BackendRequest = { messages: [greeting, user(question)], params: {} };
    const said = joined(await read(after));
    expect(joined(await read(buildEmotionRequest(emotions, said, { after })))).toBe(feeling);
    expect(joined(await read(buildEmotionRequest(emotions, said)))).toBe(feeling);
  });
});

describe('tools', () => {
  test('the one that is asked for is called, with arguments that fit', async () => {
    const tools = [symptoms, weather];
    const events = await ask('Please use the tool get weather for Oslo', { tools });
    expect(callsOf(events)).toEqual([
      {
        id: expect.stringMatching(/./) as string,
        name: 'get_weather',
        arguments: '{"city":"Oslo","days":1,"unit":"celsius"}',
      },
    ]);
    expect(joined(events)).toBe('One moment, I use get weather. ');
    expect(events.at(-1)).toEqual({ type: 'finish', reason: 'tool_calls' });
    const [call] = callsOf(await ask('collect_symptoms for headache and fever', { tools }));
    expect(JSON.parse(call?.arguments ?? '')).toEqual({
      symptoms: [
        { name: 'headache', choice_id: 'present' },
        { name: 'fever', choice_id: 'present' },
      ],
    });
  });

  test('one that is not named is the first; all of them are all, each with an id of its own, where several may be called', async () => {
    const tools = [weather, symptoms];
    expect(callsOf(await ask('Use a tool', { tools })).map(({ name }) => name)).toEqual(['get_weather']);
    const all = callsOf(await ask('Use all tools', { tools }));
    expect(all.map(({ name }) => name)).toEqual(['get_weather', 'collect_symptoms']);
    expect(new Set(all.map(({ id }) => id)).size).toBe(2);
    expect(callsOf(await ask('Use all tools', { tools, parallelToolCalls: false }))).toHaveLength(1);
  });

  test('none is called unasked, none that is forbidden, and one that is demanded is', async () => {
    const tools = [weather];
    expect(callsOf(await ask('hello', { tools }))).toEqual([]);
    expect(joined(await ask('Use the tool', { tools, toolChoice: 'none' }))).toMatch(/told to use no tool/);
    expect(joined(await ask('Use the tool'))).toMatch(/^No tool was offered/);
    expect(callsOf(await ask('hello', { tools, toolChoice: 'required' }))).toHaveLength(1);
    expect(callsOf(await ask('hello', { tools, toolChoice: { name: 'get_weather' } }))).toHaveLength(1);
  });

  test.each([
    [
      '{"temperature":5,"sky":["clear","cold"]}',
      'The tool get weather says: temperature 5, sky clear, cold.',
    ],
    ['It is raining.', 'The tool get weather says: It is raining.'],
    ['{"ok":true}', 'The tool get weather is done.'],
    ['{"error":"no such city"}', 'The tool get weather failed: no such city.'],
  ])('its result is read out: %s', async (content, said) => {
    const messages: BackendMessage[] = [
      user('Use the tool'),
      { role: 'assistant', content: '', toolCalls: [{ id: 'c', name: 'get_weather', arguments: '{}' }] },
      { role: 'tool', toolCallId: 'c', toolName: 'get_weather', content },
    ];
    const events = await read({ messages, tools: [weather], params: {} });
    expect(joined(events)).toBe(said);
    expect(events.at(-1)).toEqual({ type: 'finish', reason: 'stop' });
  });
});

describe('how it ends', () => {
  test('as many words as it may say, and then by its length', async () => {
    const events = await ask('A long reply', { params: { maxTokens: 4 } });
    expect(joined(events).trim()).toBe('This is sentence 1');
    expect(events.at(-1)).toEqual({ type: 'finish', reason: 'length' });
  });

  test.each(['hi', 'Go silent', 'a slow reply'])('an abort ends it at once: %s', async (question) => {
    const abort = new AbortController();
    const events = listen(new DemoBackend(), { messages: [greeting, user(question)], params: {} }, abort);
    const next = question === 'hi' ? (await events.next(), events.next()) : events.next();
    const abortedAt = performance.now();
    abort.abort();
    await expect(next).rejects.toThrow();
    expect(performance.now() - abortedAt).toBeLessThan(500);
  });
});
