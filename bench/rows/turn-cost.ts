/**
 * What a turn costs the server where its mirror holds so many messages, in processor time: against serialising that history and sending it
 * to the model by `node:http`, which nobody is spared.
 */
import { DirectClient } from '../load/direct-client.ts';
import { V1Socket } from '../load/v1-socket.ts';
import { startParts } from '../parts.ts';
import type { Group } from '../run-group.ts';
import type { RowOptions } from './row.ts';

/** A turn as people speak: a question, an answer of some sentences. */
const words = 'It began the day before yesterday, in the evening, and it has become worse since. '.repeat(2);

/** `samples` are turns; a block is one number. */
export function turnCostGroup(messages: number): (options: RowOptions) => Promise<Group> {
  return async ({ samples, code, preload }) => {
    const parts = await startParts({ code, preload });
    await parts.model.behave({ tokens: ['word.'] });
    // With the question they are as many.
    const history = Array.from({ length: messages - 1 }, (_, index) => ({
      role: index % 2 === 0 ? 'user' : 'assistant',
      content: `${index} ${words}`,
    }));
    const { messages: prompt, ...rest } = JSON.parse(parts.body) as { messages: object[] };
    const [system = {}] = prompt;
    const direct = new DirectClient(
      parts.modelUrl,
      JSON.stringify({ ...rest, messages: [system, ...history, { role: 'user', content: '' }] }),
    );
    const client = await V1Socket.open(parts.serverUrl);
    let turn = 0;
    /** The last message is new each time, as after a turn that was abandoned, so that the list does not grow. */
    const ask = async (mirror: object, added: object[]): Promise<void> => {
      turn += 1;
      const id = String(turn);
      const question = [...added, { role: 'user', content: `question ${turn}` }];
      await client.ask(
        { type: 'chat', id, mirror: { key: 'call', ...mirror }, messages: question },
        (frame) => frame.type === 'complete' && frame['id'] === id,
      );
    };
    await ask({ keep: 0 }, history);
    return {
      name: `a turn with ${messages} messages, processor time`,
      unit: 'us',
      comparison: 'ratio',
      control: {
        name: 'direct',
        async run() {
          const before = process.cpuUsage();
          for (let sample = 0; sample < samples; sample += 1)
            await direct.turn({ content: `question ${sample}` }).ended;
          const { user, system: inKernel } = process.cpuUsage(before);
          return [(user + inKernel) / samples];
        },
      },
      cases: [
        {
          name: 'server',
          async run() {
            const before = await parts.server.use();
            for (let sample = 0; sample < samples; sample += 1) {
              await ask({ base: String(turn), keep: history.length }, []);
            }
            return [((await parts.server.use()).cpuUs - before.cpuUs) / samples];
          },
        },
      ],
      async close() {
        client.close();
        direct.close();
        await parts.stop();
      },
    };
  };
}
