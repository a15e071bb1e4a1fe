/**
 * What the agent is told from outside: environment variables in, one checked object out. Knows nothing of LiveKit.
 */

export interface AgentConfig {
  livekit: { url: string; apiKey: string; apiSecret: string };
  /** Undefined for the plugin's own address. */
  deepgram: { apiKey: string; baseUrl: string | undefined };
  cartesia: { apiKey: string; baseUrl: string | undefined };
  server: { url: string; token: string | undefined };
  /** Set: the worker takes only jobs that ask for this name. */
  agentName: string | undefined;
  /** Rooms that one worker takes at once. */
  maxRooms: number;
  /** Undefined: any free port. */
  healthPort: number | undefined;
  /** Set: what was said and collected is written here when a conversation ends. */
  sessionLogDir: string | undefined;
}

/** The environment does not describe an agent that could run. The message is for the person who starts it. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  /** Each names a variable, says what it is for, and gives an example. */
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    const advice = 'Put them into .env in the current directory, or into the environment.';
    super(`The agent cannot start:\n${problems.map((problem) => `  ${problem}`).join('\n')}\n${advice}`);
    this.problems = problems;
  }
}

export type Env = Readonly<Record<string, string | undefined>>;

interface Variable {
  purpose: string;
  example: string;
  isRequired: boolean;
  /** What is wrong with a value, in words after the variable's name; undefined where nothing is. */
  check?: (value: string) => string | undefined;
}

const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];

const variables = {
  LIVEKIT_URL: {
    purpose: 'the LiveKit server in whose rooms the agent talks',
    example: 'ws://127.0.0.1:7880, or wss://<project>.livekit.cloud',
    isRequired: true,
    check: isUrl('ws:', 'wss:', 'http:', 'https:'),
  },
  LIVEKIT_API_KEY: {
    purpose: 'names this agent to the LiveKit server',
    example: 'devkey, which a server started with --dev knows',
    isRequired: true,
  },
  LIVEKIT_API_SECRET: {
    purpose: 'proves the LiveKit key',
    example: 'secret, for devkey',
    isRequired: true,
  },
  DEEPGRAM_API_KEY: {
    purpose: 'turns speech into text',
    example: 'a key from console.deepgram.com',
    isRequired: true,
    check: isKey,
  },
  CARTESIA_API_KEY: {
    purpose: 'turns text into speech',
    example: 'a key from play.cartesia.ai',
    isRequired: true,
    check: isKey,
  },
  WS_LLM_URL: {
    purpose: 'the persona server; without it ws://127.0.0.1:8765',
    example: 'ws://127.0.0.1:8765',
    isRequired: false,
    check: isUrl('ws:', 'wss:', 'http:', 'https:'),
  },
  WS_LLM_TOKEN: {
    purpose: 'proves to the persona server who the agent is',
    example: 'a token that the server was given',
    isRequired: false,
    check: isKey,
  },
  DEEPGRAM_BASE_URL: {
    purpose: 'another address of Deepgram',
    example: 'wss://api.eu.deepgram.com',
    isRequired: false,
    check: isUrl('ws:', 'wss:', 'http:', 'https:'),
  },
  CARTESIA_BASE_URL: {
    purpose: 'another address of Cartesia',
    example: 'https://api.cartesia.ai',
    isRequired: false,
    check: isUrl('http:', 'https:'),
  },
  AGENT_NAME: {
    purpose: 'makes the worker take only jobs that ask for this name',
    example: 'healthcare',
    isRequired: false,
  },
  AGENT_MAX_ROOMS: {
    purpose: 'how many rooms the worker takes at once; without it 8',
    example: '8',
    isRequired: false,
    check: isCount,
  },
  AGENT_HEALTH_PORT: {
    purpose: 'where the worker answers health checks on 127.0.0.1; without it any free port',
    example: '8081',
    isRequired: false,
    check: isPort,
  },
  SESSION_LOG_DIR: {
    purpose: 'a folder for a file of each conversation, with all that was said; not set: nothing is written',
    example: './conversations',
    isRequired: false,
  },
  LOG_LEVEL: {
    purpose: 'how much the agent logs',
    example: `one of ${logLevels.join(', ')}`,
    isRequired: false,
    check: (value) => (logLevels.includes(value) ? undefined : 'is not a level'),
  },
} satisfies Record<string, Variable>;

type Name = keyof typeof variables;

/** The names of all variables that the agent reads. */
export const agentVariables: readonly string[] = Object.keys(variables);

/** One variable that is missing or wrong, for the person who corrects it. */
export function problemWith(name: Name, wrong: string): string {
  const { purpose, example } = variables[name];
  return `${name} ${wrong}\n      ${purpose}\n      example: ${example}`;
}

/**
 * Empty variables count as missing.
 * @throws ConfigError that names every variable that is missing or wrong, what it is for, and an example
 */
export function loadAgentConfig(env: Env): AgentConfig {
  const entries = Object.entries(variables) as [Name, Variable][];
  const problems = entries.flatMap(([name, variable]) => {
    const wrong = problemOf(variable, env[name]);
    return wrong === undefined ? [] : [problemWith(name, wrong)];
  });
  if (problems.length > 0) throw new ConfigError(problems);
  const get = (name: Name): string | undefined => (isBlank(env[name]) ? undefined : env[name]);
  const need = (name: Name): string => get(name) ?? '';
  const port = Number(get('AGENT_HEALTH_PORT') ?? 0);
  return {
    livekit: {
      url: need('LIVEKIT_URL'),
      apiKey: need('LIVEKIT_API_KEY'),
      apiSecret: need('LIVEKIT_API_SECRET'),
    },
    deepgram: { apiKey: need('DEEPGRAM_API_KEY'), baseUrl: get('DEEPGRAM_BASE_URL') },
    cartesia: { apiKey: need('CARTESIA_API_KEY'), baseUrl: get('CARTESIA_BASE_URL') },
    server: { url: get('WS_LLM_URL') ?? 'ws://127.0.0.1:8765', token: get('WS_LLM_TOKEN') },
    agentName: get('AGENT_NAME'),
    maxRooms: Number(get('AGENT_MAX_ROOMS') ?? 8),
    healthPort: port === 0 ? undefined : port,
    sessionLogDir: get('SESSION_LOG_DIR'),
  };
}

function problemOf({ isRequired, check }: Variable, value: string | undefined): string | undefined {
  if (value === undefined || isBlank(value)) return isRequired ? 'is missing' : undefined;
  return check?.(value);
}

function isBlank(value: string | undefined): boolean {
  return value === undefined || value.trim() === '';
}

function isUrl(...protocols: string[]): (value: string) => string | undefined {
  const starts = protocols.map((protocol) => `${protocol}//`).join(', ');
  return (value) =>
    URL.canParse(value) && protocols.includes(new URL(value).protocol)
      ? undefined
      : `is not an address that starts with one of ${starts}`;
}

/** It goes into a header, which takes nothing else. */
function isKey(value: string): string | undefined {
  return /^[!-~]+$/.test(value) ? undefined : 'holds a space, a line break or a letter that is in no key';
}

function isCount(value: string): string | undefined {
  return /^[1-9]\d{0,5}$/.test(value) ? undefined : 'is not a whole number from 1 on';
}

function isPort(value: string): string | undefined {
  return /^\d+$/.test(value) && Number(value) <= 65_535 ? undefined : 'is not a port (0 to 65535)';
}
