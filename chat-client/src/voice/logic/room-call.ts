/**
 * One call in one LiveKit room: joins, listens, and tells what happens as events. Knows nothing of how a call is shown.
 */
import {
  Room,
  RoomEvent,
  Track,
  type LocalTrack,
  type Participant,
  type RemoteParticipant,
  type RemoteTrack,
  type TextStreamReader,
} from 'livekit-client';
import type { AgentState, CallEvent } from './call.ts';
import { disconnection } from './disconnection.ts';
import { noticePrefix, readAttribute, readTurn } from './notices.ts';
import type { Ticket } from './ticket.ts';
import { microphoneWords } from './words.ts';

/** An agent joins within a second; one that is not there by then may not come. */
const agentExpectedMs = 12_000;
const agentStateAttribute = 'lk.agent.state';

export type AudioTrack = LocalTrack<Track.Kind.Audio> | RemoteTrack<Track.Kind.Audio>;

export interface RoomCallOptions {
  onEvent: (event: CallEvent) => void;
  /** A voice that can be measured: the caller's or the agent's; undefined when it is gone. */
  onVoice: (whose: 'caller' | 'agent', track: AudioTrack | undefined) => void;
}

export class RoomCall {
  readonly #options: RoomCallOptions;
  readonly #room = new Room({ disconnectOnPageLeave: true });
  readonly #sounds = new Map<RemoteTrack, HTMLMediaElement>();
  #agent: RemoteParticipant | undefined;
  #waiting: ReturnType<typeof setTimeout> | undefined;
  #written = 0;
  #isOver = false;

  constructor(options: RoomCallOptions) {
    this.#options = options;
    this.#listen();
  }

  /** Never throws: what goes wrong is an event. Does nothing once the caller has hung up. */
  async join({ url, token }: Ticket): Promise<void> {
    const { onEvent } = this.#options;
    if (this.#isOver) return;
    try {
      await this.#room.connect(url, token);
      // `disconnect` while it connects does not always stop it.
      if (this.#isOver) return await this.#room.disconnect();
    } catch (error) {
      const why = error instanceof Error ? ` (${error.message})` : '';
      onEvent({ type: 'over', words: `The LiveKit server at ${url} cannot be reached${why}.` });
      return;
    }
    onEvent({ type: 'joined' });
    this.#waiting = setTimeout(() => onEvent({ type: 'agent', state: 'missing' }), agentExpectedMs);
    for (const participant of this.#room.remoteParticipants.values()) this.#meet(participant);
    await this.setMicrophone(true);
  }

  /** Never throws: a microphone that is refused is an event. */
  async setMicrophone(isOn: boolean): Promise<void> {
    const { onEvent, onVoice } = this.#options;
    const { localParticipant } = this.#room;
    if (isOn && localParticipant.getTrackPublication(Track.Source.Microphone) === undefined) {
      onEvent({ type: 'microphone', microphone: { type: 'asking' } });
    }
    try {
      const publication = await localParticipant.setMicrophoneEnabled(isOn);
      if (this.#isOver) return publication?.track?.stop();
      this.#reportMicrophone();
      onVoice('caller', isOn ? (publication?.audioTrack as AudioTrack | undefined) : undefined);
    } catch (error) {
      onEvent({ type: 'microphone', microphone: { type: 'refused', words: microphoneWords(error) } });
    }
  }

  /**
   * As it is, not as it was asked to be: a moderator may mute it, and a device may be unplugged.
   */
  #reportMicrophone(): void {
    const { isMicrophoneEnabled } = this.#room.localParticipant;
    const type = isMicrophoneEnabled ? 'on' : 'muted';
    this.#options.onEvent({ type: 'microphone', microphone: { type } });
  }

  /** Puts a text into the room as if it had been said. */
  async write(text: string): Promise<void> {
    const line = { id: `written ${++this.#written}`, who: 'caller', text, isFinal: true } as const;
    this.#options.onEvent({ type: 'line', line });
    await this.#room.localParticipant.sendText(text, { topic: 'lk.chat' });
  }

  /** Has the agent stop speaking and listen. */
  async interrupt(): Promise<void> {
    const { identity } = this.#agent ?? {};
    if (identity === undefined) return;
    await this.#room.localParticipant.performRpc({
      destinationIdentity: identity,
      method: `${noticePrefix}interrupt`,
      payload: '',
    });
  }

  /** Call from a click: browsers play nothing before one. */
  async hear(): Promise<void> {
    await this.#room.startAudio();
  }

  devices(kind: 'audioinput' | 'audiooutput'): Promise<MediaDeviceInfo[]> {
    return Room.getLocalDevices(kind, false);
  }

  activeDevice(kind: 'audioinput' | 'audiooutput'): string | undefined {
    return this.#room.getActiveDevice(kind);
  }

  async chooseDevice(kind: 'audioinput' | 'audiooutput', id: string): Promise<void> {
    await this.#room.switchActiveDevice(kind, id);
  }

  async leave(): Promise<void> {
    // The next call may have begun, which this one must not end.
    if (this.#isOver) return;
    this.#options.onEvent({ type: 'over' });
    await this.#end();
  }

  #listen(): void {
    const { onEvent } = this.#options;
    const onMute = (_publication: unknown, participant: Participant): void => {
      if (participant === this.#room.localParticipant) this.#reportMicrophone();
    };
    this.#room
      .on(RoomEvent.TrackMuted, onMute)
      .on(RoomEvent.TrackUnmuted, onMute)
      .on(RoomEvent.LocalTrackPublished, onMute)
      .on(RoomEvent.LocalTrackUnpublished, onMute)
      .on(RoomEvent.ParticipantConnected, (participant) => this.#meet(participant))
      .on(RoomEvent.ParticipantDisconnected, (participant) => {
        if (participant !== this.#agent) return;
        onEvent({ type: 'over', words: 'The agent has left the call.' });
        void this.#end();
      })
      .on(RoomEvent.ParticipantAttributesChanged, (changed, participant) => {
        if (participant === this.#agent) this.#read(changed);
      })
      .on(RoomEvent.TrackSubscribed, (track, _publication, participant) => this.#play(track, participant))
      .on(RoomEvent.TrackUnsubscribed, (track) => this.#silence(track))
      .on(RoomEvent.AudioPlaybackStatusChanged, () =>
        onEvent({ type: 'silenced', isSilenced: !this.#room.canPlaybackAudio }),
      )
      .on(RoomEvent.Reconnecting, () => onEvent({ type: 'reconnecting' }))
      .on(RoomEvent.SignalReconnecting, () => onEvent({ type: 'reconnecting' }))
      .on(RoomEvent.Reconnected, () => onEvent({ type: 'reconnected' }))
      .on(RoomEvent.Disconnected, (reason) => {
        onEvent({ type: 'over', ...disconnection(reason) });
        void this.#end();
      });
    this.#room.registerTextStreamHandler('lk.transcription', (reader, { identity }) => {
      void this.#transcribe(reader, identity);
    });
    this.#room.registerTextStreamHandler(`${noticePrefix}turn`, (reader, { identity }) => {
      if (identity === this.#agent?.identity) void this.#readTurn(reader);
    });
  }

  #meet(participant: RemoteParticipant): void {
    if (!participant.isAgent || this.#agent !== undefined) return;
    clearTimeout(this.#waiting);
    this.#agent = participant;
    this.#options.onEvent({ type: 'agent', state: 'preparing' });
    this.#read(participant.attributes);
  }

  #read(attributes: Readonly<Record<string, string>>): void {
    const me = this.#room.localParticipant.identity;
    for (const [name, text] of Object.entries(attributes)) {
      const state = name === agentStateAttribute ? agentStates[text] : undefined;
      if (state !== undefined) this.#options.onEvent({ type: 'agent', state });
      const notice = readAttribute(name, text, me);
      if (notice !== undefined) this.#options.onEvent({ type: 'notice', notice });
    }
  }

  async #readTurn(reader: TextStreamReader): Promise<void> {
    try {
      const notice = readTurn(await reader.readAll());
      if (notice !== undefined) this.#options.onEvent({ type: 'notice', notice });
    } catch {
      // The agent left in the middle: a turn without its times.
    }
  }

  #play(track: RemoteTrack, participant: RemoteParticipant): void {
    if (track.kind !== Track.Kind.Audio) return;
    const sound = track.attach();
    document.body.append(sound);
    this.#sounds.set(track, sound);
    if (participant.isAgent) this.#options.onVoice('agent', track as AudioTrack);
  }

  #silence(track: RemoteTrack): void {
    track.detach();
    this.#sounds.get(track)?.remove();
    this.#sounds.delete(track);
  }

  /** The agent's words are one stream that grows; the caller's one stream for each state of the text, which says whether it is final. */
  async #transcribe(reader: TextStreamReader, identity: string): Promise<void> {
    const { id: streamId, attributes = {} } = reader.info;
    const id = attributes['lk.segment_id'] ?? streamId;
    const isAgent = identity === this.#agent?.identity;
    const isMine = identity === this.#room.localParticipant.identity;
    const who = isAgent ? 'agent' : isMine ? 'caller' : 'other';
    const tell = (text: string, isFinal: boolean): void =>
      this.#options.onEvent({ type: 'line', line: { id, who, text, isFinal } });
    let text = '';
    try {
      for await (const piece of reader) {
        text += piece;
        tell(text, attributes['lk.transcription_final'] === 'true');
      }
      if (isAgent) tell(text, true);
    } catch {
      // Whoever spoke left in the middle: what came stays.
    }
  }

  async #end(): Promise<void> {
    this.#isOver = true;
    clearTimeout(this.#waiting);
    this.#options.onVoice('caller', undefined);
    this.#options.onVoice('agent', undefined);
    for (const track of this.#sounds.keys()) this.#silence(track);
    await this.#room.disconnect();
  }
}

const agentStates: Readonly<Record<string, AgentState>> = {
  initializing: 'preparing',
  idle: 'listening',
  listening: 'listening',
  thinking: 'thinking',
  speaking: 'speaking',
};
