/** The hostile model server as a separate process: its port on stdout, its counts over IPC. */
import { HostileModel, type ModelCounts } from '../../stand-ins/hostile-model/hostile-model.ts';

/** What its owner may ask for. `counts` and `bodies` are answered by messages of the same type. */
export type ToModel =
  | { type: 'counts' }
  | { type: 'bodies' }
  | { type: 'reset' }
  | { type: 'settings'; keptBodies?: number; emotion?: string; listsForEver?: boolean };

export type FromModel =
  | { type: 'counts'; counts: ModelCounts }
  | { type: 'bodies'; bodies: string[] }
  | { type: 'reset' }
  | { type: 'settings' };

const model = await HostileModel.start();

function answer(message: FromModel): void {
  process.send?.(message);
}

process.on('message', (message: ToModel) => {
  switch (message.type) {
    case 'counts':
      return answer({ type: 'counts', counts: model.counts });
    case 'bodies':
      return answer({ type: 'bodies', bodies: model.bodies });
    case 'reset':
      model.reset();
      return answer({ type: 'reset' });
    case 'settings':
      model.keptBodies = message.keptBodies ?? model.keptBodies;
      model.emotion = message.emotion ?? model.emotion;
      model.listsForEver = message.listsForEver ?? model.listsForEver;
      return answer({ type: 'settings' });
  }
});
process.once('disconnect', () => process.exit());
console.log(`listening on port ${model.port}`);
