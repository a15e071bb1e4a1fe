/** Owns the form of Deepgram's `Results` message. */

interface Results {
  transcript: string;
  /** Milliseconds of sound since the stream began. */
  startedAt: number;
  endedAt: number;
  requestId: string;
  isFinal: boolean;
  isEndOfSpeech?: boolean;
}

/** Words get equal shares of the time, which is all that is known of them. */
export function resultsMessage({
  transcript,
  startedAt,
  endedAt,
  requestId,
  isFinal,
  isEndOfSpeech = false,
}: Results) {
  const start = startedAt / 1000;
  const duration = (endedAt - startedAt) / 1000;
  const words = transcript.split(/\s+/).filter((word) => word !== '');
  const share = duration / Math.max(words.length, 1);
  return {
    type: 'Results',
    channel_index: [0, 1],
    start,
    duration,
    is_final: isFinal,
    speech_final: isEndOfSpeech,
    from_finalize: false,
    channel: {
      alternatives: [
        {
          transcript,
          confidence: transcript === '' ? 0 : 0.99,
          words: words.map((word, i) => ({
            word: word.toLowerCase().replaceAll(/[^\p{L}\p{N}']/gu, ''),
            punctuated_word: word,
            start: start + i * share,
            end: start + (i + 1) * share,
            confidence: 0.99,
          })),
        },
      ],
    },
    metadata: { request_id: requestId, model_info: {}, model_uuid: requestId },
  };
}
