/** A script in words, one line for each step, for whoever reads of a failure. */
import type { ReplyPlan } from './reply-plan.ts';
import type { Ending, MirrorEdit, Moment, Place, Script, Step } from './step.ts';

export function describeScript({ client, model, lives }: Script): string {
  const lines = lives.flatMap(({ steps, ending }, index) => [
    `Life ${index + 1}`,
    ...steps.map((step) => `  ${seatOf(step)}${stepInWords(step)}`),
    `  ${endingInWords(ending)}`,
  ]);
  return [`A ${client} client of ${model === 'ollama' ? 'an Ollama' : 'an OpenAI'} model`, ...lines].join(
    '\n',
  );
}

function seatOf({ by }: { by?: string }): string {
  return by === 'other' ? '(the other connection) ' : '';
}

function stepInWords(step: Step): string {
  switch (step.type) {
    case 'chat':
    case 'warm': {
      const said = step.turns === 2 ? 'two turns' : 'one turn';
      const heard = step.type === 'chat' ? heardInWords(step.place) : '';
      return `${step.type}, ${said}, ${placeInWords(step.place)}${heard}; its model: ${planInWords(step.plan)}`;
    }
    case 'cancel':
      return `cancel ${requestInWords(step)} ${momentInWords(step)}${step.fenced ? ', then ping' : ''}`;
    case 'cancel unknown':
      return 'cancel what was never asked';
    case 'reset':
      return `reset ${step.name === undefined ? 'its own thread' : `thread ${step.name}`} ${momentInWords(step)}`;
    case 'ping':
      return 'ping';
    case 'await':
      return `wait ${momentInWords(step)}`;
    case 'pause':
      return `wait ${step.ms} ms`;
    case 'mistake':
      return `mistake ${step.which}`;
  }
}

function endingInWords(ending: Ending): string {
  if (ending.type === 'drain') return 'until everything has ended';
  return `${seatOf(ending)}${ending.how === 'torn' ? 'tear' : 'close'} the connection ${momentInWords(ending)}`;
}

function requestInWords({ back }: { back: number }): string {
  return back === 0 ? 'the newest request' : `the request ${back} before the newest`;
}

function momentInWords(step: { back: number; moment: Moment }): string {
  return step.moment === 'now' ? 'at once' : `once ${requestInWords(step)} is at "${step.moment}"`;
}

function placeInWords(place: Place): string {
  switch (place.type) {
    case 'thread':
      return 'on its own thread';
    case 'named':
      return `on thread ${place.name}`;
    case 'alone':
      return 'alone';
    case 'mirror':
      return mirrorInWords(place.edit);
  }
}

function heardInWords(place: Place): string {
  const heard = place.type === 'thread' || place.type === 'named' ? place.heard : undefined;
  if (heard === undefined) return '';
  return `, ${heard.content} heard of the reply to ${heard.back === 0 ? 'the newest chat' : `the chat ${heard.back} before the newest`}`;
}

function mirrorInWords({ key, base, keep, instructions, tools, flaw }: MirrorEdit): string {
  return [
    `on mirror ${key}, base ${base}, keeping ${keep}`,
    ...(instructions === undefined ? [] : [`instructions "${instructions}"`]),
    ...(tools === undefined ? [] : [`tools [${tools.join(', ')}]`]),
    ...(flaw === 'none' ? [] : [`flaw: ${flaw}`]),
  ].join(', ');
}

function planInWords(plan: ReplyPlan): string {
  const { trouble, tokens, after, firstTokenMs, tokenMs, pieceBytes, patient, lasting } = plan;
  const pace = `${tokens} tokens, the first after ${firstTokenMs} ms, then each ${tokenMs} ms`;
  const pieces = trouble === 'split characters' ? `, in pieces of ${pieceBytes} bytes` : '';
  return `"${trouble}" after ${after}, ${pace}${pieces}, client ${lasting ? 'without deadlines' : patient ? 'with patience' : 'in a hurry'}`;
}
