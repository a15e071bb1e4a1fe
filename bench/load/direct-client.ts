/** Straight to the model by `node:http` on a kept connection: what nothing between can be faster than. */
import { Agent, request } from 'node:http';
import { monotonicMs } from '../monotonic-clock.ts';
import { type Question, settler, type Turn, type TurnClient } from './turn.ts';

type Chunk = { choices: { delta: { content?: string } }[] };

export class DirectClient implements TurnClient {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  readonly #url: string;
  readonly #body: string;

  /** `url` and `body` are of Chat Completions. */
  constructor(url: string, body: string) {
    this.#url = url;
    this.#body = body;
  }

  turn({ content: asked, onText }: Question = {}): Turn {
    const first = settler<number>();
    const ended = settler<void>();
    const headers = { 'content-type': 'application/json' };
    const sentAt = monotonicMs();
    const sent = request(this.#url, { method: 'POST', agent: this.#agent, headers }, (response) => {
      let rest = '';
      response.setEncoding('utf8').on('data', (text: string) => {
        const lines = (rest + text).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) {
          if (!line.startsWith('data: {')) continue;
          const content = (JSON.parse(line.slice(6)) as Chunk).choices[0]?.delta.content;
          if (content === undefined) continue;
          first.resolve(monotonicMs());
          onText?.(content);
        }
      });
      response.on('close', () => ended.resolve()).on('error', () => ended.resolve());
    });
    sent.on('error', () => ended.resolve());
    sent.end(asked === undefined ? this.#body : withContent(this.#body, asked));
    return { sentAt, firstTokenAt: first.promise, ended: ended.promise, cancel: () => sent.destroy() };
  }

  close(): void {
    this.#agent.destroy();
  }
}

function withContent(body: string, content: string): string {
  const { messages, ...rest } = JSON.parse(body) as { messages: object[] };
  return JSON.stringify({ ...rest, messages: [...messages.slice(0, -1), { role: 'user', content }] });
}
