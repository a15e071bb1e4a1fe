/**
 * What `npm run agent` shows first: which persona server and LiveKit server it uses and whether
 * they answer, which rooms it joins, and which services hear and speak. Pure.
 */
import type { AgentConfig } from './config.ts';
import type { Answer } from './probe-servers.ts';

export interface FirstScreen {
  persona: Answer;
  livekit: Answer;
  /** The name that a room asks for; undefined: the agent joins every new room. */
  agentName: string | undefined;
  healthUrl: string;
}

/** The lines for a person, without a line break at the end. */
export function describeStart(config: AgentConfig, screen: FirstScreen): string {
  const { persona, livekit, healthUrl } = screen;
  const rows = [
    ['persona', `${config.server.url} ${toWords(persona, 'npm start, or set WS_LLM_URL')}`],
    [
      'livekit',
      `${config.livekit.url} ${toWords(livekit, 'livekit-server --dev, or set LIVEKIT_URL to a server that runs')}`,
    ],
    ['rooms', describeRooms(screen)],
    ['hearing', `Deepgram, ${describeService(config.deepgram)}`],
    ['speaking', `Cartesia, ${describeService(config.cartesia)}`],
    ['health', healthUrl],
  ];
  return `ws-llm agent\n${rows.map(([name = '', text = '']) => `  ${name.padEnd(9)}${text}`).join('\n')}`;
}

/** The same as fields of a log line. */
export function startFields(config: AgentConfig, screen: FirstScreen): Record<string, unknown> {
  const { persona, livekit, healthUrl } = screen;
  return {
    personaServer: config.server.url,
    personaServerAnswers: persona.type === 'answers',
    livekit: config.livekit.url,
    livekitAnswers: livekit.type === 'answers',
    rooms: describeRooms(screen),
    health: healthUrl,
  };
}

function describeRooms({ agentName }: FirstScreen): string {
  return agentName === undefined
    ? 'joins every new room (AGENT_NAME is not set)'
    : `joins the rooms that ask for the agent "${agentName}" (AGENT_NAME)`;
}

/** @param start the command that starts such a server, and what else helps */
function toWords(answer: Answer, start: string): string {
  switch (answer.type) {
    case 'answers':
      return answer.as === undefined ? 'answers' : `answers as ${answer.as}`;
    case 'away':
      return `does not answer (${answer.why})\n           Start one: ${start}. The agent keeps trying.`;
  }
}

function describeService({ baseUrl }: AgentConfig['deepgram']): string {
  return baseUrl === undefined ? 'key set' : `key set, at ${baseUrl}`;
}
