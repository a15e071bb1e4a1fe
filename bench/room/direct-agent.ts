/**
 * The control: a LiveKit worker and its agent, set as ours is, whose model is asked by LiveKit's own OpenAI plugin, with no server between.
 * Started as a program, with the addresses in its environment.
 */
import { fileURLToPath } from 'node:url';
import { cli, defineAgent, ServerOptions, voice, type JobContext } from '@livekit/agents';
import * as cartesia from '@livekit/agents-plugin-cartesia';
import * as deepgram from '@livekit/agents-plugin-deepgram';
import { LLM } from '@livekit/agents-plugin-openai';

function need(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set`);
  return value;
}

export default defineAgent({
  entry: async (ctx: JobContext) => {
    await ctx.connect();
    const session = new voice.AgentSession({
      stt: new deepgram.STT({ apiKey: 'any', baseUrl: need('DEEPGRAM_BASE_URL') }),
      tts: new cartesia.TTS({ apiKey: 'any', baseUrl: need('CARTESIA_BASE_URL') }),
      llm: new LLM({ apiKey: 'any', model: 'fake-model', baseURL: need('OPENAI_BASE_URL') }),
      turnHandling: {
        turnDetection: 'vad',
        interruption: { mode: 'vad' },
        endpointing: { minDelay: 530 },
        preemptiveGeneration: { preemptiveTts: true },
      },
      useTtsAlignedTranscript: false,
      aecWarmupDuration: 1_000,
    });
    session.on(voice.AgentSessionEventTypes.Error, () => {});
    const agent = new voice.Agent({ instructions: need('INSTRUCTIONS') });
    await session.start({ agent, room: ctx.room, record: false });
    session.say('Hello.');
  },
});

// Job processes import this file too.
const here = fileURLToPath(import.meta.url);
if (process.argv[1] === here) {
  cli.runApp(
    new ServerOptions({
      agent: here,
      agentName: need('AGENT_NAME'),
      wsURL: need('LIVEKIT_URL'),
      apiKey: need('LIVEKIT_API_KEY'),
      apiSecret: need('LIVEKIT_API_SECRET'),
      numIdleProcesses: 1,
      initializeProcessTimeout: 60_000,
      loadFunc: async () => 0,
      host: '127.0.0.1',
      port: Number(need('AGENT_HEALTH_PORT')),
    }),
  );
}
