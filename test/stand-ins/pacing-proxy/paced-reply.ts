/** Owns one reply on its way from the model to the client: its lines, the pace at which they leave, and its record. */
import type { IncomingMessage, ServerResponse } from 'node:http';

/** So many lines may wait before the model is held, and so few when it goes on. */
const HOLD_ABOVE = 3;
const RELEASE_BELOW = 2;

/** Stops the model in its work and lets it go on. Both may be called again and again. */
export interface ModelBrake {
  hold(): void;
  release(): void;
}

/** What is known of one chat request. Times are `Date.now()`. */
export interface ReplyRecord {
  readonly openedAt: number;
  /** The request's JSON, parsed; undefined until it has arrived. */
  body: unknown;
  /** When the model's first line came. */
  firstLineAt: number | undefined;
  linesFromModel: number;
  linesDelivered: number;
  /** When the model's last line came, which says `done`. Undefined while it is still generating. */
  modelFinishedAt: number | undefined;
  /** When the client got the last line. */
  deliveredAt: number | undefined;
  /** When the client closed before it had everything. */
  abandonedAt: number | undefined;
}

export class PacedReply {
  readonly record: ReplyRecord = {
    openedAt: Date.now(),
    body: undefined,
    firstLineAt: undefined,
    linesFromModel: 0,
    linesDelivered: 0,
    modelFinishedAt: undefined,
    deliveredAt: undefined,
    abandonedAt: undefined,
  };
  readonly #response: ServerResponse;
  readonly #brake: ModelBrake | undefined;
  readonly #waiting: string[] = [];
  #pace: number | undefined;
  #unfinishedLine = '';
  #hasEnded = false;
  #isHolding = false;
  #lastDeliveryAt = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    response: ServerResponse,
    options: { pace: number | undefined; brake: ModelBrake | undefined },
  ) {
    this.#response = response;
    this.#pace = options.pace;
    this.#brake = options.brake;
  }

  /** Lines per second; undefined lets them through as they come. */
  set pace(pace: number | undefined) {
    this.#pace = pace;
    this.#deliver();
  }

  /** The client's request is complete. */
  received(body: string): void {
    try {
      this.record.body = JSON.parse(body);
    } catch {
      this.record.body = body;
    }
  }

  /** Takes the model's answer, line by line. */
  relay(answer: IncomingMessage): void {
    answer.setEncoding('utf8');
    answer.on('data', (text: string) => {
      const lines = (this.#unfinishedLine + text).split('\n');
      this.#unfinishedLine = lines.pop() ?? '';
      for (const line of lines) this.#take(`${line}\n`);
      this.#deliver();
    });
    answer.once('end', () => {
      if (this.#unfinishedLine !== '') this.#take(this.#unfinishedLine);
      this.#hasEnded = true;
      this.#deliver();
    });
  }

  /** The client is gone. */
  abandon(): void {
    this.record.abandonedAt = Date.now();
    clearTimeout(this.#timer);
    this.#waiting.length = 0;
    this.#release();
  }

  #take(line: string): void {
    this.record.firstLineAt ??= Date.now();
    this.record.linesFromModel += 1;
    if (saysDone(line)) this.record.modelFinishedAt = Date.now();
    this.#waiting.push(line);
  }

  #deliver(): void {
    clearTimeout(this.#timer);
    if (this.record.abandonedAt !== undefined || this.record.deliveredAt !== undefined) return;
    while (this.#waiting.length > 0) {
      const wait =
        this.#pace === undefined ? 0 : this.#lastDeliveryAt + 1000 / this.#pace - performance.now();
      if (wait > 0) {
        this.#timer = setTimeout(() => this.#deliver(), wait);
        break;
      }
      this.#lastDeliveryAt = performance.now();
      this.record.linesDelivered += 1;
      this.#response.write(this.#waiting.shift());
    }
    if (this.#waiting.length > HOLD_ABOVE) this.#hold();
    if (this.#waiting.length < RELEASE_BELOW) this.#release();
    if (this.#hasEnded && this.#waiting.length === 0) {
      this.record.deliveredAt = Date.now();
      this.#response.end();
    }
  }

  #hold(): void {
    if (this.#isHolding || this.record.modelFinishedAt !== undefined) return;
    this.#isHolding = true;
    this.#brake?.hold();
  }

  #release(): void {
    if (!this.#isHolding) return;
    this.#isHolding = false;
    this.#brake?.release();
  }
}

function saysDone(line: string): boolean {
  try {
    const message: unknown = JSON.parse(line);
    return typeof message === 'object' && message !== null && 'done' in message && message.done === true;
  } catch {
    return false;
  }
}
