/**
 * The agent offers its tools exactly while the model behind the server takes some: a model that takes none refuses a request that has any.
 * Which model answers may change at any time, so the server's word is asked for whenever the agent has nothing else to do.
 */
import { voice, type llm } from '@livekit/agents';
import type { WebSocketLLM } from 'livekit-agents-plugin-ws-llm';

const { AgentStateChanged } = voice.AgentSessionEventTypes;

export interface OfferToolsOptions {
  session: voice.AgentSession;
  agent: voice.Agent;
  model: WebSocketLLM;
  tools: llm.ToolContextLike;
}

/** Listens as long as the session lives. Resolves when the server has been asked once; a server that is away takes none. Never throws. */
export async function offerTools({ session, agent, model, tools }: OfferToolsOptions): Promise<void> {
  let isOffering = false;
  const follow = async (): Promise<void> => {
    try {
      const ready = await model.ready();
      const takesTools = ready?.features.includes('tools') === true;
      if (takesTools === isOffering) return;
      isOffering = takesTools;
      await agent.updateTools(takesTools ? tools : []);
    } catch {
      // Away: whoever greets or asks tells the caller. What was offered last stays until the server says otherwise.
    }
  };
  session.on(AgentStateChanged, ({ newState }) => {
    if (newState === 'listening') void follow();
  });
  await follow();
}
