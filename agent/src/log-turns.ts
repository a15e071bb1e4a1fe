/**
 * Each session's begin and end, and usage and latency of each turn, in the log. Never what people
 * said.
 */
import { log, voice, type AgentMetrics } from '@livekit/agents';
import { reportTurn } from './turn-report.ts';

const { Close, ConversationItemAdded, MetricsCollected } = voice.AgentSessionEventTypes;

/** Listens as long as the session lives. `ids` are in the lines of its begin and its end. */
export function logTurns(session: voice.AgentSession, ids: Readonly<Record<string, string>>): void {
  log().info(ids, 'session begins');
  session.on(ConversationItemAdded, ({ item }) => {
    if (item.type !== 'message') return;
    // LiveKit tells of the caller's turn on its way from there to the answer's first sound, which goes first.
    setImmediate(() => log().info(reportTurn(item), 'turn'));
  });
  session.on(MetricsCollected, ({ metrics }) => {
    const fields = usageFields(metrics);
    if (fields !== undefined) log().info(fields, 'usage');
  });
  session.on(Close, ({ reason }) => {
    const usage = session.usage.modelUsage;
    // Behind the last turn.
    setImmediate(() => {
      log().info({ usage }, 'usage of the session');
      log().info({ ...ids, reason }, 'session ended');
    });
  });
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
