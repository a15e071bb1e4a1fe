/** The fake model as a process of its own: told how to behave, and tells what it saw where it is asked to. */
import type { Behaviour } from '../test/stand-ins/model/behaviour.ts';
import { FakeModel, type SeenRequest } from '../test/stand-ins/model/fake-model.ts';
import { toMonotonicMs } from './monotonic-clock.ts';

/** What it is told. Each is answered by one message: `behaving`, `open`. */
export type ToModel =
  | { type: 'behave'; behaviour: Behaviour; tell: 'nothing' | 'bodies' | 'closings' }
  | { type: 'countOpen' };

/** What it tells. `atMs` is of the monotonic clock. */
export type FromModel =
  | { type: 'behaving' }
  | { type: 'open'; count: number }
  | { type: 'body'; body: Record<string, unknown> }
  | { type: 'closed'; by: 'model' | 'client'; atMs: number };

let tell: Extract<ToModel, { type: 'behave' }>['tell'] = 'nothing';

function say(message: FromModel): void {
  process.send?.(message);
}

async function watch(seen: SeenRequest): Promise<void> {
  if (tell === 'bodies') say({ type: 'body', body: seen.body });
  if (tell !== 'closings') return;
  const { by, at } = await seen.closed;
  say({ type: 'closed', by, atMs: toMonotonicMs(at) });
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
