/** A program that asks one question with the plugin that it is told, closes nothing, says that it is done and has nothing more to do. */
import { initializeLogger } from '@livekit/agents';
import { candidateNames, createPlugin } from './candidates.ts';
import { answerTo, talkOf } from './probe.ts';

initializeLogger({ pretty: false, level: 'silent' });
const [name, port] = process.argv.slice(2);
const known = candidateNames.find((candidate) => candidate === name);
if (known === undefined) throw new Error(`no plugin "${name}"; there are ${candidateNames.join(', ')}`);
await answerTo(createPlugin(known, Number(port)), talkOf(1));
process.send?.('answered');
process.disconnect();
