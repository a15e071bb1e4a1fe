// In a spoken conversation guesses at what a caller says cost nothing but their own cancel, and the model knows exactly what was heard.
import { ReadableStream, type ReadableStreamDefaultController } from 'node:stream/web';
import { stt, tts, voice } from '@livekit/agents';
import { AudioFrame } from '@livekit/rtc-node';
import { replyExtraOf, type PersonaFrameEvent, type WebSocketLLM } from 'livekit-agents-plugin-ws-llm';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { PersonaServerOptions } from 'ws-llm-server';
import { startWorld, symptomsPersona, toldOf, type World } from './provider-world.ts';

// Whole sessions start here, also on a machine that is busy.
vi.setConfig({ testTimeout: 30_000 });

const { AgentStateChanged, ConversationItemAdded, Error: ErrorEvent } = voice.AgentSessionEventTypes;
const { SpeechEventType } = stt;
const eventually = { timeout: 10_000 };

/** The agent's voice is its text: one frame for each piece, in which the piece is written. */
class SpeakingAgent extends voice.Agent {
  readonly pieces: string[] = [];
  #ear: ReadableStreamDefaultController<stt.SpeechEvent> | undefined;

  constructor() {
    super({ instructions: 'Be brief.' });
  }

  hear(type: stt.SpeechEventType, text = ''): void {
    const language = 'en' as NonNullable<stt.SpeechEvent['alternatives']>[0]['language'];
    const alternative = { text, language, startTime: 0, endTime: 0, confidence: 1 };
    this.#ear?.enqueue({ type, ...(text !== '' && { alternatives: [alternative] }) });
  }

  override async sttNode(): Promise<ReadableStream<stt.SpeechEvent>> {
    return new ReadableStream({
      start: (controller) => {
        this.#ear = controller;
      },
    });
  }

  override async ttsNode(text: ReadableStream<string>): Promise<ReadableStream<AudioFrame>> {
    const { pieces } = this;
    const reader = text.getReader();
    return new ReadableStream({
      async pull(controller) {
        const { done, value } = await reader.read();
        if (done) return controller.close();
        pieces.push(value);
        controller.enqueue(new AudioFrame(new Int16Array(240), 24_000, 1, 240));
      },
      cancel: () => reader.cancel(),
    });
  }
}

class Microphone extends voice.AudioInput {}

/** Plays a piece at once, and says what of an answer was heard when it is cut: its first piece. */
class Speaker extends voice.AudioOutput {
  readonly #agent: SpeakingAgent;
  /** While true an answer is never played to its end. */
  isSlow = false;
  #isPlaying = false;

  constructor(agent: SpeakingAgent) {
    super(24_000);
    this.#agent = agent;
  }

  override async captureFrame(frame: AudioFrame): Promise<void> {
    await super.captureFrame(frame);
    if (this.#isPlaying) return;
    this.#isPlaying = true;
    this.onPlaybackStarted(Date.now());
  }

  override flush(): void {
    super.flush();
    if (this.#isPlaying && !this.isSlow) this.#finish(false);
  }

  override clearBuffer(): void {
    if (this.#isPlaying) this.#finish(true);
  }

  #finish(interrupted: boolean): void {
    this.#isPlaying = false;
    const heard = interrupted ? (this.#agent.pieces.at(0) ?? '').trim() : this.#agent.pieces.join('');
    this.onPlaybackFinished({ playbackPosition: 0.01, interrupted, synchronizedTranscript: heard });
    this.#agent.pieces.length = 0;
  }
}

/** The session wants one; the agent speaks by itself. */
class NoVoice extends tts.TTS {
  label = 'test.TTS';

  constructor() {
    super(24_000, 1, { streaming: true });
  }

  synthesize(): tts.ChunkedStream {
    throw new Error('the agent speaks by itself');
  }

  stream(): tts.SynthesizeStream {
    throw new Error('the agent speaks by itself');
  }
}

interface Call {
  world: World;
  model: WebSocketLLM;
  session: voice.AgentSession;
  agent: SpeakingAgent;
  speaker: Speaker;
  /** Resolves when the agent is in that state, next. */
  becomes: (state: voice.AgentState) => Promise<void>;
}

async function startCall(options: Partial<PersonaServerOptions> = {}): Promise<Call> {
  const world = await startWorld(options);
  const model: WebSocketLLM = world.connect();
  await model.ready();
  const agent = new SpeakingAgent();
  const speaker = new Speaker(agent);
  const session = new voice.AgentSession({
    llm: model,
    stt: new stt.testing.FakeSTT(),
    tts: new NoVoice(),
    vad: null,
    aecWarmupDuration: null,
    useTtsAlignedTranscript: false,
    turnHandling: {
      turnDetection: 'stt',
      endpointing: { minDelay: 50, maxDelay: 100 },
      interruption: { mode: 'vad', minDuration: 0, resumeFalseInterruption: false },
    },
  });
  session.on(ErrorEvent, () => {});
  session.on(ConversationItemAdded, ({ item }) => model.adopt(item));
  session.input.audio = new Microphone();
  session.output.audio = speaker;
  await session.start({ agent });
  await world.warmed();
  onTestFinished(() => session.close());
  const becomes = (state: voice.AgentState): Promise<void> =>
    new Promise((resolve) => {
      const look = ({ newState }: voice.AgentStateChangedEvent): void => {
        if (newState !== state) return;
        session.off(AgentStateChanged, look);
        resolve();
      };
      session.on(AgentStateChanged, look);
    });
  return { world, model, session, agent, speaker, becomes };
}

test('guesses are abandoned without a trace, and the last one is the answer', async () => {
  const { world, session, agent, becomes } = await startCall();
  const { model, tap } = world;
  // No answer to a guess is there before the next guess.
  const never = { tokens: ['Never.'], firstTokenMs: 60_000 };
  model.script.push(never, never, { tokens: ['Once ', 'upon ', 'a ', 'time.'] });
  const spoken = becomes('listening');
  agent.hear(SpeechEventType.START_OF_SPEECH);
  const warming = model.requests.length;
  const asked = (): number => model.requests.length - warming;
  for (const [at, guess] of ['Tell', 'Tell me', 'Tell me a story'].entries()) {
    agent.hear(SpeechEventType.PREFLIGHT_TRANSCRIPT, guess);
    await expect.poll(asked, eventually).toBe(at + 1);
  }
  agent.hear(SpeechEventType.FINAL_TRANSCRIPT, 'Tell me a story');
  agent.hear(SpeechEventType.END_OF_SPEECH, 'Tell me a story');
  await spoken;
  const said = session.history.items.flatMap((item) => (item.type === 'message' ? [item.textContent] : []));
  expect(said).toEqual(['Tell me a story', 'Once upon a time.']);
  const sent = tap.frames.filter(({ from }) => from === 'client').map(({ frame }) => frame.type);
  expect(sent.filter((type) => type === 'chat')).toHaveLength(3);
  expect(sent.filter((type) => type === 'cancel')).toHaveLength(2);
  expect(tap.connections).toBe(1);
  expect(toldOf(model.requests.at(-1)).messages).toEqual([
    { role: 'system', content: 'You are a test.\n\nBe brief.' },
    { role: 'user', content: 'Tell me a story' },
  ]);
});

test('a caller who interrupts stops the model, and it knows afterwards what was heard of its answer', async () => {
  const { world, agent, speaker, becomes } = await startCall();
  const { model, tap } = world;
  speaker.isSlow = true;
  model.fallback = { tokens: Array.from({ length: 200 }, () => 'on and on '), tokenMs: 20 };
  const speaking = becomes('speaking');
  agent.hear(SpeechEventType.START_OF_SPEECH);
  agent.hear(SpeechEventType.FINAL_TRANSCRIPT, 'Tell me a story');
  agent.hear(SpeechEventType.END_OF_SPEECH, 'Tell me a story');
  await speaking;
  const listening = becomes('listening');
  agent.hear(SpeechEventType.START_OF_SPEECH);
  agent.hear(SpeechEventType.INTERIM_TRANSCRIPT, 'Stop it');
  await listening;
  const interrupted = model.requests.at(-1);
  expect(await interrupted?.closed).toMatchObject({ by: 'client' });
  speaker.isSlow = false;
  const answered = becomes('speaking');
  agent.hear(SpeechEventType.FINAL_TRANSCRIPT, 'Stop it');
  agent.hear(SpeechEventType.END_OF_SPEECH, 'Stop it');
  await answered;
  expect(toldOf(model.requests.at(-1)).messages).toEqual([
    { role: 'system', content: 'You are a test.\n\nBe brief.' },
    { role: 'user', content: 'Tell me a story' },
    { role: 'assistant', content: 'on and on' },
    { role: 'user', content: 'Stop it' },
  ]);
  expect(tap.connections).toBe(1);
  expect(tap.frames.filter(({ frame }) => frame.type === 'error')).toEqual([]);
});

test('what a persona’s tool collects while it answers a guess is never told, what it collects for the answer once', async () => {
  const { world, model: plugin, session, agent, becomes } = await startCall({ persona: symptomsPersona });
  const { model, tap } = world;
  const told: PersonaFrameEvent[] = [];
  plugin.on('persona_frame', (frame) => told.push(frame));
  const collects = (name: string): World['model']['fallback'] => {
    const args = JSON.stringify({ symptoms: [{ name, choice_id: 'present' }] });
    return { tokens: [], toolCalls: [{ id: name, name: 'collect_symptoms', arguments: args }] };
  };
  // The answer to the guess is not there before the next one.
  const never = { tokens: ['Never.'], firstTokenMs: 60_000 };
  model.script.push(collects('head'), never, collects('headache'), { tokens: ['Since when?'] });
  const collected = (): unknown[] => tap.frames.filter(({ frame }) => frame.type === 'symptoms_collected');
  const spoken = becomes('listening');
  agent.hear(SpeechEventType.START_OF_SPEECH);
  for (const [at, guess] of ['My head', 'My head hurts'].entries()) {
    agent.hear(SpeechEventType.PREFLIGHT_TRANSCRIPT, guess);
    await expect.poll(collected, eventually).toHaveLength(at + 1);
  }
  expect(told).toEqual([]);
  agent.hear(SpeechEventType.FINAL_TRANSCRIPT, 'My head hurts');
  agent.hear(SpeechEventType.END_OF_SPEECH, 'My head hurts');
  await spoken;
  const answer = session.history.items.at(-1);
  const reply = answer?.type === 'message' ? replyExtraOf(answer)?.reply : undefined;
  const symptoms = [{ name: 'headache', choice_id: 'present' }];
  expect(told).toEqual([{ type: 'symptoms_collected', reply, data: { symptoms } }]);
});
