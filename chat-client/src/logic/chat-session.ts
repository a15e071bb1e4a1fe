/**
 * One conversation with one server at a time: asks, stops, asks again, and sends with each question what the server needs to know.
 * Knows nothing of the DOM; it is given the WebSocket and the clock, and tells its state.
 */
import {
  type Channel,
  type ChatRequest,
  Connection,
  type ConnectionState,
  type OpenWebSocket,
  type Reply,
} from '@ws-llm/client';
import {
  type Conversation,
  type ConversationEvent,
  newConversation,
  openTurn,
  reduce,
  repeatableTurn,
  wasNotAsked,
} from './conversation.ts';
import { linkWithout } from './link-without.ts';
import { refusalReason } from './refusal.ts';
import { boundOf, messagesToSend, questionFits } from './transcript.ts';

export interface ChatSessionOptions {
  open: OpenWebSocket;
  /** Milliseconds since the epoch. */
  now: () => number;
  /** Told of every change, also many times a millisecond. */
  onChange: (state: Conversation) => void;
}

/**
 * How long a server that has a fallback may take to answer: the reader waits, and a live server is
 * near.
 */
const fallbackAfterMs = 5_000;

/** Why a question was not taken; the reader keeps it. */
export type AskOutcome = 'taken' | 'empty' | 'busy' | 'too_long';

export class ChatSession {
  readonly #options: ChatSessionOptions;
  #state: Conversation;
  #connection: Connection | undefined;
  /** Counts what was sent, so that pieces of a reply that was given up reach nobody. */
  #attempt = 0;
  #reply: Reply | undefined;
  #connectedBefore = false;
  /** Tried once if the present server cannot be reached at all. */
  #fallback: string | undefined;
  /** The plain socket that was used last, and whether its server remembers exactly what the page shows. */
  #plain: { channel: Channel; inStep: boolean } | undefined;

  constructor(address: string, options: ChatSessionOptions) {
    this.#options = options;
    this.#state = newConversation(address);
  }

  get state(): Conversation {
    return this.#state;
  }

  /**
   * Leaves the present server, if any, and connects to `address`; the conversation goes along.
   * @param fallback the server to use instead if `address` cannot be reached
   */
  connect(address: string, fallback?: string): void {
    this.stop();
    this.#dispatch({ type: 'address_chosen', address });
    this.#fallback = fallback;
    this.#dial(address);
  }

  dismissLeft(): void {
    this.#dispatch({ type: 'left_dismissed' });
  }

  #dial(address: string): void {
    this.close();
    this.#connectedBefore = false;
    this.#plain = undefined;
    const connection = new Connection({
      url: address,
      open: this.#options.open,
      ...(this.#fallback !== undefined && { connectTimeoutMs: fallbackAfterMs }),
      onState: (state) => {
        if (this.#connection === connection) this.#follow(state);
      },
      events: {
        ready: (frame) => {
          if (this.#connection !== connection) return;
          this.#connectedBefore = true;
          this.#dispatch({ type: 'ready', frame });
          this.#send();
        },
      },
    });
    this.#connection = connection;
    this.reconnect();
  }

  /** Dials now instead of after the pause. */
  reconnect(): void {
    // A failure is reported as a state.
    this.#connection?.open().catch(() => {});
  }

  /** Closes the connection for good; `connect` opens another. */
  close(): void {
    const connection = this.#connection;
    this.#connection = undefined;
    connection?.close();
  }

  /** Takes a question where none is open. Without a connection it waits for one. */
  ask(text: string): AskOutcome {
    const question = text.trim();
    if (question === '') return 'empty';
    if (openTurn(this.#state) !== undefined) return 'busy';
    if (!questionFits(question, boundOf(this.#state.limits))) return 'too_long';
    this.#dispatch({ type: 'asked', question, atMs: this.#options.now() });
    this.#sendOrDial();
    return 'taken';
  }

  /** Asks the last question again, where that may help. */
  askAgain(): void {
    if (repeatableTurn(this.#state) === undefined) return;
    this.#dispatch({ type: 'asked_again', atMs: this.#options.now() });
    this.#sendOrDial();
  }

  /** Ends the open reply as it is. */
  stop(): void {
    if (openTurn(this.#state) === undefined) return;
    const reply = this.#reply;
    this.#attempt += 1;
    this.#reply = undefined;
    this.#dispatch({ type: 'stopped', atMs: this.#options.now() });
    reply?.cancel();
    this.#renewPlain();
  }

  /** Forgets the conversation, here and on the server. */
  reset(): void {
    this.stop();
    this.#dispatch({ type: 'cleared' });
    if (this.#plain !== undefined) this.#plain.inStep = false;
    this.#renewPlain();
  }

  #dispatch(event: ConversationEvent): void {
    this.#state = reduce(this.#state, event);
    this.#options.onChange(this.#state);
  }

  /** Uses the other server, if there is one. A question that waits goes there. */
  #fallBack(isRefusal: boolean): boolean {
    const address = this.#fallback;
    if (address === undefined || this.#connectedBefore) return false;
    this.#fallback = undefined;
    this.#dispatch({ type: 'fell_back', address, isRefusal });
    this.#dial(address);
    return true;
  }

  #follow(state: ConnectionState): void {
    switch (state.type) {
      case 'idle':
      case 'closed':
        return;
      case 'connecting':
      case 'waiting':
        if (state.type === 'waiting' && this.#fallBack(false)) return;
        return this.#dispatch({
          type: 'link_changed',
          link: linkWithout(state, this.#state.link, this.#connectedBefore, this.#options.now()),
        });
      case 'open':
        // A v1 server has yet to say that it wants us.
        if (state.channel.dialect === 'v1') return;
        this.#connectedBefore = true;
        this.#dispatch({ type: 'plain_connected' });
        return this.#send();
      case 'refused': {
        if (this.#fallBack(true)) return;
        const message = refusalReason(state.error);
        this.#dispatch({ type: 'link_changed', link: { type: 'refused', reason: message } });
        this.#dispatch({
          type: 'ended',
          end: { type: 'failed', message, retryable: true },
          atMs: this.#options.now(),
        });
      }
    }
  }

  #sendOrDial(): void {
    if (this.#connection?.channel === undefined) this.reconnect();
    else this.#send();
  }

  /** Sends the question that waits, if there is one and the connection is ready for it. */
  #send(): void {
    const channel = this.#connection?.channel;
    if (this.#reply !== undefined || channel === undefined || openTurn(this.#state) === undefined) return;
    if (channel.dialect === 'v1' && channel.ready === undefined) return;
    const request = this.#requestFor(channel);
    // Out of step: the fresh socket that is on its way will ask.
    if (request === undefined) return this.#renewPlain();
    this.#attempt += 1;
    const attempt = this.#attempt;
    this.#reply = channel.chat(request, {
      part: (part) => {
        if (attempt === this.#attempt) this.#dispatch({ type: 'part_arrived', part });
      },
      end: (end) => {
        if (attempt !== this.#attempt) return;
        this.#reply = undefined;
        if (channel.closing && wasNotAsked(this.#state, end)) return this.#sendOrDial();
        if (this.#plain?.channel === channel) this.#plain.inStep = end.type === 'complete';
        this.#dispatch({ type: 'ended', end, atMs: this.#options.now() });
      },
    });
  }

  /**
   * In v1 every question stands alone and brings the page's own transcript, so nothing depends on what the server remembers.
   * A plain server appends all that it is sent: a fresh socket gets the transcript, one in step only what is new.
   */
  #requestFor(channel: Channel): ChatRequest | undefined {
    const messages = messagesToSend(this.#state.turns, boundOf(this.#state.limits));
    if (channel.dialect === 'v1') return { messages, mirror: { keep: 0 } };
    const used = this.#plain?.channel === channel ? this.#plain : undefined;
    this.#plain = { channel, inStep: false };
    if (used === undefined) return { messages };
    return used.inStep ? { messages: messages.slice(-1) } : undefined;
  }

  /** A plain server that remembers something else than the page shows is left for a fresh socket. */
  #renewPlain(): void {
    const connection = this.#connection;
    if (connection === undefined || this.#plain === undefined || this.#plain.inStep) return;
    if (connection.channel === this.#plain.channel) this.#plain.channel.close();
    this.#plain = undefined;
    this.reconnect();
  }
}
