/**
 * What was said and collected in a conversation, as one JSON file when it ends, in a folder that the user named: everything in it is private,
 * so the file is for its owner alone. Without a folder there is no log. Knows nothing of rooms.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { log, voice } from '@livekit/agents';
import type { Symptom } from './room/symptoms.ts';
import { reportTurn } from './turn-report.ts';

interface LoggedTurn {
  at: string;
  who: 'caller' | 'agent';
  text: string;
  interrupted?: true;
  timing: Record<string, unknown>;
}

/** What is known of a conversation beside what was said. */
export interface ConversationFacts {
  room: string;
  caller: string | undefined;
  persona: string | undefined;
  symptoms: readonly Symptom[];
}

export class SessionLog {
  readonly #folder: string;
  #startedAt = new Date();
  #turns: LoggedTurn[] = [];

  /** Listens as long as the session lives. */
  constructor(session: voice.AgentSession, folder: string) {
    this.#folder = folder;
    session.on(voice.AgentSessionEventTypes.ConversationItemAdded, ({ item }) => {
      if (item.type !== 'message') return;
      const { role, ...timing } = reportTurn(item);
      this.#turns.push({
        at: new Date(item.createdAt).toISOString(),
        who: role === 'user' ? 'caller' : 'agent',
        text: item.textContent ?? '',
        ...(item.interrupted && { interrupted: true }),
        timing,
      });
    });
  }

  /** Writes what there is and begins anew. A conversation without a word leaves no file. Never throws: a full disk ends no call. */
  async write({ room, caller, persona, symptoms }: ConversationFacts): Promise<void> {
    const turns = this.#turns;
    const startedAt = this.#startedAt;
    this.#turns = [];
    this.#startedAt = new Date();
    if (turns.length === 0) return;
    const facts = { room, caller, persona, startedAt, endedAt: this.#startedAt, symptoms, turns };
    const stamp = startedAt.toISOString().replaceAll(/[:.]/g, '-');
    const file = join(this.#folder, `${stamp}-${randomBytes(3).toString('hex')}.json`);
    try {
      await mkdir(this.#folder, { recursive: true, mode: 0o700 });
      await writeFile(file, `${JSON.stringify(facts, undefined, 2)}\n`, { mode: 0o600, flag: 'wx' });
      log().info({ file }, 'the conversation was written');
    } catch (error) {
      log().error({ error, folder: this.#folder }, 'the conversation could not be written');
    }
  }
}
