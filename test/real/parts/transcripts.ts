/** Owns what a room writes about what was said, segment by segment, from both sides. Knows nothing of sound. */
import type { Room, TextStreamReader } from '@livekit/rtc-node';
import { Happenings } from './happenings.ts';

const TOPIC = 'lk.transcription';
const SEGMENT_ID = 'lk.segment_id';
const FINAL = 'lk.transcription_final';
const DEFAULT_DEADLINE_MS = 60_000;

/** What one side said in one go. Grows until it is final. */
export interface TranscriptSegment {
  readonly segmentId: string;
  readonly who: 'caller' | 'agent';
  readonly text: string;
  readonly isFinal: boolean;
  /** When its first text arrived (`Date.now()`). */
  readonly firstAt: number;
  readonly lastAt: number;
}

/** Collects the transcripts of a room that has been joined by `callerIdentity`. Make it before joining. */
export class Transcripts {
  readonly #segments = new Map<string, TranscriptSegment>();
  readonly #changes = new Happenings<TranscriptSegment>();
  readonly #reading = new Set<TextStreamReader>();
  readonly #room: Room;

  constructor(room: Room) {
    this.#room = room;
    room.registerTextStreamHandler(TOPIC, (reader, { identity }) => {
      const who = identity === room.localParticipant?.identity ? 'caller' : 'agent';
      void this.#read(reader, who);
    });
  }

  /** All segments so far, in the order in which they began. */
  get segments(): readonly TranscriptSegment[] {
    return [...this.#segments.values()];
  }

  /** Resolves with the first segment, past or future, as soon as it matches. Rejects after the deadline (default 60 s). */
  async waitFor(
    matches: (segment: TranscriptSegment) => boolean,
    deadlineMs = DEFAULT_DEADLINE_MS,
  ): Promise<TranscriptSegment> {
    const known = this.segments.find(matches);
    if (known !== undefined) return known;
    try {
      return await this.#changes.next('The awaited transcript', deadlineMs, matches);
    } catch (error) {
      throw new Error(`Transcripts so far: ${JSON.stringify(this.segments)}`, { cause: error });
    }
  }

  close(): void {
    this.#room.unregisterTextStreamHandler(TOPIC);
    this.#changes.end(new Error('The caller left before the transcript came'));
    for (const reader of this.#reading) void reader.close();
  }

  /**
   * The agent's words come as one stream that grows, which is final when it ends; the caller's as one stream for each
   * state of the text, which says itself whether it is final. Both name their segment.
   */
  async #read(reader: TextStreamReader, who: TranscriptSegment['who']): Promise<void> {
    const { streamId, attributes = {} } = reader.info;
    const segmentId = attributes[SEGMENT_ID] ?? streamId;
    let text = '';
    this.#reading.add(reader);
    try {
      for await (const piece of reader) {
        text += piece;
        this.#update({ segmentId, who, text, isFinal: attributes[FINAL] === 'true' });
      }
      if (who === 'agent') this.#update({ segmentId, who, text, isFinal: true });
    } catch {
      // The sender left in the middle: what came so far stays, and is never final.
    } finally {
      this.#reading.delete(reader);
    }
  }

  #update(state: Omit<TranscriptSegment, 'firstAt' | 'lastAt'>): void {
    const before = this.#segments.get(state.segmentId);
    // The agent's last word on a segment may be an empty stream that only says "final".
    const text = state.text === '' && before !== undefined ? before.text : state.text;
    const now = Date.now();
    const segment = { ...state, text, firstAt: before?.firstAt ?? now, lastAt: now };
    this.#segments.set(segment.segmentId, segment);
    this.#changes.publish(segment);
  }
}
