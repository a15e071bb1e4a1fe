/** The fake model as a process of its own: told how to behave, and tells what it saw where it is asked to. */
import type { Behaviour } from '../test/stand-ins/model/behaviour.ts';
import { FakeModel, type SeenRequest } from '../test/stand-ins/model/fake-model.ts';
import { toMonotonicMs } from './monotonic-clock.ts';

/** Of each request: its body, when it arrived and was closed, when each token was sent. */
export type Telling = 'nothing' | 'bodies' | 'closings' | 'sendings';

/** What it is told. Each is answered by one message: `behaving`, `open`. */
export type ToModel = { type: 'behave'; behaviour: Behaviour; tell: Telling } | { type: 'countOpen' };

/** What it tells. `atMs` is of the monotonic clock; `content` is what the last message said. */
export type FromModel =
  | { type: 'behaving' }
  | { type: 'open'; count: number }
  | { type: 'body'; body: Record<string, unknown> }
  | { type: 'arrived'; content: string }
  | { type: 'closed'; content: string; by: 'model' | 'client'; atMs: number }
  | { type: 'sent'; content: string; atMs: number[] };

let tell: Telling = 'nothing';

function say(message: FromModel): void {
  process.send?.(message);
}

async function watch(seen: SeenRequest): Promise<void> {
  if (tell === 'bodies') say({ type: 'body', body: seen.body });
  if (tell !== 'closings' && tell !== 'sendings') return;
  const content = String(seen.body.messages.at(-1)?.content);
  say({ type: 'arrived', content });
  const { by, at } = await seen.closed;
  if (tell === 'closings') say({ type: 'closed', content, by, atMs: toMonotonicMs(at) });
  else say({ type: 'sent', content, atMs: seen.sentAt.map(toMonotonicMs) });
}

const model = await FakeModel.start();
process.on('message', (message: ToModel) => {
  switch (message.type) {
    case 'behave':
      model.fallback = message.behaviour;
      tell = message.tell;
      return say({ type: 'behaving' });
    case 'countOpen':
      return say({ type: 'open', count: model.open });
  }
});
process.once('disconnect', () => process.exit());
console.log(`listening on port ${model.port}`);
for (;;) {
  const seen = await model.request(0);
  // A long run must not keep what was asked.
  model.requests.shift();
  void watch(seen);
}
