/** The tool by which the model ends a call: it says goodbye, and the agent leaves. LiveKit's own tool does it; here is only what follows. */
import { beta, type JobContext } from '@livekit/agents';

/** Calls whose end was asked for. */
export interface EndCall {
  tool: ReturnType<typeof beta.createEndCallTool>;
  /** Call when the session has closed. Whoever telephones would be left in an empty room, which ends the call for one who is alone in it. */
  hangUp(): Promise<void>;
}

export function createEndCall(ctx: JobContext): EndCall {
  let isAsked = false;
  return {
    tool: beta.createEndCallTool({
      deleteRoom: false,
      endInstructions: 'Say goodbye in one short sentence.',
      onToolCalled: () => {
        isAsked = true;
      },
    }),
    async hangUp() {
      if (isAsked && ctx.room.remoteParticipants.size <= 1) await ctx.deleteRoom();
    },
  };
}
