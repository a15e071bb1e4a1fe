/** Usage and latency of each turn in the log, in milliseconds. Never what anybody said. */
import { log, voice, type AgentMetrics, type llm } from '@livekit/agents';
import { replyExtraOf } from 'livekit-agents-plugin-ws-llm';

const { Close, ConversationItemAdded, MetricsCollected } = voice.AgentSessionEventTypes;

/** Listens as long as the session lives. */
export function logTurns(session: voice.AgentSession): void {
  session.on(ConversationItemAdded, ({ item }) => {
    if (item.type === 'message') log().info(turnFields(item), 'turn');
  });
  session.on(MetricsCollected, ({ metrics }) => {
    const fields = usageFields(metrics);
    if (fields !== undefined) log().info(fields, 'usage');
  });
  session.on(Close, ({ reason }) => {
    log().info({ reason, usage: session.usage.modelUsage }, 'session ended');
  });
}

function turnFields(message: llm.ChatMessage): Record<string, unknown> {
  const { role, interrupted, metrics } = message;
  if (role !== 'assistant') {
    return {
      role,
      transcriptionMs: toMs(metrics.transcriptionDelay),
      endOfTurnMs: toMs(metrics.endOfTurnDelay),
    };
  }
  const reply = replyExtraOf(message);
  return {
    role,
    interrupted,
    firstTokenMs: toMs(metrics.llmNodeTtft),
    firstAudioMs: toMs(metrics.ttsNodeTtfb),
    endToEndMs: toMs(metrics.e2eLatency),
    reply: reply?.reply,
    server: reply?.timing,
  };
}

function usageFields(metrics: AgentMetrics): Record<string, unknown> | undefined {
  switch (metrics.type) {
    case 'llm_metrics': {
      const { requestId, ttftMs, durationMs, cancelled, promptTokens, completionTokens, metadata } = metrics;
      return {
        kind: 'llm',
        reply: requestId,
        model: metadata?.modelName,
        firstTokenMs: ttftMs,
        durationMs,
        cancelled,
        promptTokens,
        cachedTokens: metrics.promptCachedTokens,
        completionTokens,
      };
    }
    case 'tts_metrics': {
      const { ttfbMs, durationMs, audioDurationMs, cancelled, charactersCount } = metrics;
      return { kind: 'tts', firstAudioMs: ttfbMs, durationMs, audioDurationMs, cancelled, charactersCount };
    }
    case 'stt_metrics':
      return { kind: 'stt', audioDurationMs: metrics.audioDurationMs };
    default:
      return undefined;
  }
}

/** LiveKit keeps a message's times in seconds. */
function toMs(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : Math.round(seconds * 1_000);
}
