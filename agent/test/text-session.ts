/** The agent's own session, in text: without a room nothing is heard or spoken. What it would show to a room is kept. */
import { initializeLogger, voice, type llm } from '@livekit/agents';
import { onTestFinished } from 'vitest';
import type { WebSocketLLM } from 'livekit-agents-plugin-ws-llm';
import {
  startScriptedServer,
  type Script,
  type ScriptedServer,
} from '../../test/stand-ins/scripted-server.ts';
import { apologize } from '../src/apologize.ts';
import { meet, type Arrival } from '../src/arrive.ts';
import { loadAgentConfig } from '../src/config.ts';
import { CurrentPersona } from '../src/current-persona.ts';
import { greet } from '../src/greet.ts';
import { Lifetime } from '../src/lifetime.ts';
import type { Board, BoardEvents, BoardState } from '../src/room/board.ts';
import { showConversation, type Collected } from '../src/room/show-conversation.ts';
import { createSession, speechIdleMs } from '../src/session.ts';
import { createSpeechParts } from '../src/speech-parts.ts';

initializeLogger({ pretty: false, level: 'silent' });

/** A board that only remembers. */
class KeptBoard implements Board {
  readonly state: Partial<BoardState> = {};
  /** Everything that was ever shown or told, in order. */
  readonly history: unknown[] = [];

  show<Name extends keyof BoardState>(name: Name, value: BoardState[Name]): void {
    Object.assign(this.state, { [name]: value });
    this.history.push({ [name]: value });
  }

  tell<Name extends keyof BoardEvents>(name: Name, event: BoardEvents[Name]): void {
    this.history.push({ [name]: event });
  }
}

export interface TextSession {
  session: voice.AgentSession;
  model: WebSocketLLM;
  persona: CurrentPersona;
  board: KeptBoard;
  collected: Collected;
  arrival: Arrival;
  /** What the agent said without a model, in order. */
  said: string[];
  /** Resolves with what it says next. */
  next: () => Promise<string>;
  /** Resolves when the latest of it is over. */
  over: () => Promise<unknown>;
  /** Says something and waits for the end of the answer. */
  ask: (text: string) => Promise<voice.testing.RunResult>;
  greet: (signal?: AbortSignal) => Promise<void>;
}

export async function serve(script: Script): Promise<ScriptedServer> {
  const server = await startScriptedServer(script);
  onTestFinished(() => server.close());
  return server;
}

export async function startTextSession(
  url: string,
  { wanted, tools = [] }: { wanted?: string; tools?: llm.ToolContextLike } = {},
): Promise<TextSession> {
  const config = loadAgentConfig({
    LIVEKIT_URL: 'ws://127.0.0.1:1',
    LIVEKIT_API_KEY: 'k',
    LIVEKIT_API_SECRET: 's',
    DEEPGRAM_API_KEY: 'd',
    CARTESIA_API_KEY: 'c',
    WS_LLM_URL: url,
  });
  const parts = createSpeechParts(config, speechIdleMs);
  const persona = new CurrentPersona(parts);
  const { model, arrival } = await meet(config.server, wanted, persona, new Lifetime());
  const session = createSession(model, parts);
  const board = new KeptBoard();
  apologize(session, persona);
  const collected = showConversation(session, model, board);

  const said: string[] = [];
  const waiting: ((sentence: string) => void)[] = [];
  const say = session.say.bind(session);
  let latest: voice.SpeechHandle | undefined;
  session.say = (text, options) => {
    const sentence = typeof text === 'string' ? text : 'a stream';
    said.push(sentence);
    waiting.shift()?.(sentence);
    latest = say(text, options);
    return latest;
  };
  await session.start({ agent: new voice.Agent({ instructions: '', tools }), record: false });
  onTestFinished(async () => {
    await session.close();
    await Promise.all([model.aclose(), parts.stt.close(), parts.tts.close()]);
  });
  return {
    session,
    model,
    persona,
    board,
    collected,
    arrival,
    said,
    next: () => new Promise((resolve) => waiting.push(resolve)),
    over: async () => latest?.waitForPlayout(),
    async ask(text) {
      const result = session.run({ userInput: text });
      await result.wait();
      return result;
    },
    greet: (signal = new AbortController().signal) =>
      greet({ session, model, persona, board, arrival, signal }),
  };
}
