/** Straight to the model by `node:http` on a kept connection: what nothing between can be faster than. */
import { Agent, request } from 'node:http';
import { monotonicMs } from '../monotonic-clock.ts';
import { settler, type Turn, type TurnClient } from './turn.ts';

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

  turn(): Turn {
    const first = settler<number>();
    const ended = settler<void>();
    const headers = { 'content-type': 'application/json' };
    const sentAt = monotonicMs();
    const asked = request(this.#url, { method: 'POST', agent: this.#agent, headers }, (response) => {
      let rest = '';
      response.setEncoding('utf8').on('data', (text: string) => {
        const lines = (rest + text).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) {
          if (!line.startsWith('data: {')) continue;
          const content = (JSON.parse(line.slice(6)) as Chunk).choices[0]?.delta.content;
          if (content !== undefined) first.resolve(monotonicMs());
        }
      });
      response.on('close', () => ended.resolve()).on('error', () => ended.resolve());
    });
    asked.on('error', () => ended.resolve());
    asked.end(this.#body);
    return { sentAt, firstTokenAt: first.promise, ended: ended.promise, cancel: () => asked.destroy() };
  }

  close(): void {
    this.#agent.destroy();
  }
}
