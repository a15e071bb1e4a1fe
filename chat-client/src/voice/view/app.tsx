/** The voice page: before a call, in it, and after it. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { useStickToBottom } from '../../view/use-stick-to-bottom.ts';
import { Icon } from '../../view/icon.tsx';
import { isOngoing } from '../logic/call.ts';
import { chosenPersona, fetchOffer, type Offer } from '../logic/ticket.ts';
import { troubleWords } from '../logic/words.ts';
import { Controls } from './controls.tsx';
import { Header } from './header.tsx';
import { Invitation } from './invitation.tsx';
import { Lines } from './lines.tsx';
import { Presence } from './presence.tsx';
import { Symptoms } from './symptoms.tsx';
import { useCall } from './use-call.ts';
import { Writing } from './writing.tsx';

export function App() {
  const { call, room, levels, start } = useCall();
  const [offer, setOffer] = useState<Offer>();
  const [problem, setProblem] = useState<string>();
  const { scroller, content, atBottom, jump } = useStickToBottom();
  const field = useRef<HTMLTextAreaElement>(null);
  const [name, setName] = useState<string>();
  const chosen = chosenPersona(offer, name);
  const { stage } = call;
  // Before a call the one that is chosen; then the one that the call is with, also while its lines
  // are read afterwards.
  const persona = stage.type === 'idle' ? chosen : (call.persona ?? chosen);
  const isLive = isOngoing(stage);

  useEffect(() => {
    fetchOffer().then(setOffer, (error: Error) => setProblem(error.message));
  }, []);
  useEffect(() => {
    document.title = persona?.title ?? 'Voice';
  }, [persona?.title]);

  const trouble = isLive ? troubleWords(call) : stage.type === 'idle' ? problem : undefined;
  return (
    <>
      <Header call={call} title={persona?.title} />
      {trouble !== undefined && (
        <div class="trouble" role="alert">
          <p class="column trouble-row">{trouble}</p>
        </div>
      )}
      {isLive && (
        <div class="column stage" data-compact={call.lines.length > 0}>
          <Presence call={call} title={persona?.title} level={levels.agent} />
          {call.symptoms.length > 0 && <Symptoms symptoms={call.symptoms} />}
        </div>
      )}
      <main class="scroller" ref={scroller}>
        <div class="column content" ref={content}>
          {!isLive && call.symptoms.length > 0 && <Symptoms symptoms={call.symptoms} />}
          <Lines lines={call.lines} name={persona?.title ?? 'Agent'} language={persona?.language} />
          {!isLive && (
            <Invitation
              stage={stage}
              offer={offer}
              chosen={chosen}
              isOther={chosen?.title !== persona?.title}
              onChoose={setName}
              onStart={() => start(chosen)}
            />
          )}
        </div>
      </main>
      {isLive && room !== undefined && (
        <div class="dock">
          {!atBottom && (
            <button type="button" class="jump" onClick={jump}>
              <Icon name="down" />
              Jump to latest
            </button>
          )}
          <div class="column">
            <Controls call={call} room={room} level={levels.caller} />
            {stage.type === 'live' && (
              <Writing field={field} name={persona?.title} room={room} onWritten={jump} />
            )}
          </div>
        </div>
      )}
    </>
  );
}
