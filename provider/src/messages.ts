/**
 * LiveKit's chat context as the protocol's messages. Written here and not taken from `toProviderFormat`, which is asynchronous and drops
 * calls without a result; a model's request should leave at once and tell what is there. Knows nothing of tools' definitions or of sockets.
 */
import { llm } from '@livekit/agents';
import type { ContentPart, Message, ToolCall } from '@ws-llm/protocol';
import { replyExtraKey, replyExtraOf } from './reply-extra.ts';

/** The id that LiveKit gives to the item with an agent's instructions. It replaces that item in place. */
const instructionsId = 'lk.agent_task.instructions';

/** Video frames as data URLs: the same content comes again with every turn, and is encoded once. */
const encodedFrames = new WeakMap<llm.ImageContent, string>();

type Assistant = Extract<Message, { role: 'assistant' }>;

export interface Conversation {
  /** The agent's own instructions, which go beside the history; absent where there are none. */
  instructions: string | undefined;
  messages: Message[];
}

/** Encodes the video frames in `chatCtx`, so that `toConversation` can be called. Undefined where there are none to encode. */
export function encodeImages(chatCtx: llm.ChatContext): Promise<unknown> | undefined {
  const pending: Promise<void>[] = [];
  for (const item of chatCtx.items) {
    if (item.type !== 'message') continue;
    for (const content of item.content) {
      if (isImage(content) && imageUrl(content) === undefined) pending.push(encodeImage(content));
    }
  }
  return pending.length === 0 ? undefined : Promise.all(pending);
}

async function encodeImage(content: llm.ImageContent): Promise<void> {
  const { mimeType = 'image/png', base64Data = '' } = await llm.serializeImage(content);
  encodedFrames.set(content, `data:${mimeType};base64,${base64Data}`);
}

/**
 * What it gives shares nothing with `chatCtx` that may change in place, so that it can be kept and compared.
 * Results follow the calls that they answer, wherever they stand in the context; what has no partner stays.
 * @throws Error for audio without a transcript, and for images that `encodeImages` has not seen
 */
export function toConversation(chatCtx: llm.ChatContext): Conversation {
  const history = new History();
  const instructions: string[] = [];
  for (const item of chatCtx.items) {
    switch (item.type) {
      case 'message':
        if (item.id === instructionsId) instructions.push(textOf(item.content));
        else if (item.role === 'assistant') history.assistant(item);
        else history.add({ role: item.role, content: contentOf(item) });
        break;
      case 'function_call':
        history.call(item);
        break;
      case 'function_call_output':
        history.result(item);
        break;
      case 'agent_handoff':
      case 'agent_config_update':
        // Records of the session, not of the conversation.
        break;
    }
  }
  const text = instructions.filter((part) => part !== '').join('\n\n');
  return { instructions: text === '' ? undefined : text, messages: history.messages() };
}

/** One message and the results that belong right behind it. */
interface Entry {
  message: Message;
  results?: Message[];
}

class History {
  readonly #entries: Entry[] = [];
  /** Assistant turns by the group that LiveKit writes into the ids of their calls: `item_x` and `item_x/fnc_0`. */
  readonly #turns = new Map<string, Entry & { message: Assistant }>();
  /** Who made a call last: ids of calls may come again in a long conversation. */
  readonly #callers = new Map<string, Entry>();

  add(message: Message): void {
    this.#entries.push({ message });
  }

  assistant(item: llm.ChatMessage): void {
    const extra = foreignExtra(item.extra);
    const turn = this.#turn(groupOf(item.id));
    turn.message.content = contentOf(item);
    if (extra !== undefined) turn.message.extra = extra;
    tellReply(turn.message, item);
  }

  call(item: llm.FunctionCall): void {
    const turn = this.#turn(item.groupId ?? groupOf(item.id));
    const call: ToolCall = {
      id: item.callId,
      type: 'function',
      function: { name: item.name, arguments: item.args },
    };
    const extra = foreignExtra(item.extra);
    if (extra !== undefined) call.extra = extra;
    (turn.message.tool_calls ??= []).push(call);
    tellReply(turn.message, item);
    this.#callers.set(item.callId, turn);
  }

  result(item: llm.FunctionCallOutput): void {
    const message: Message = { role: 'tool', tool_call_id: item.callId, content: item.output };
    const turn = this.#callers.get(item.callId);
    if (turn === undefined) this.add(message);
    else (turn.results ??= []).push(message);
  }

  messages(): Message[] {
    const messages: Message[] = [];
    for (const { message, results } of this.#entries) {
      messages.push(message);
      if (results !== undefined) messages.push(...results);
    }
    return messages;
  }

  #turn(group: string): Entry & { message: Assistant } {
    let turn = this.#turns.get(group);
    if (turn === undefined) {
      turn = { message: { role: 'assistant' } };
      this.#turns.set(group, turn);
      this.#entries.push(turn);
    }
    return turn;
  }
}

function groupOf(id: string): string {
  const end = id.indexOf('/');
  return end === -1 ? id : id.slice(0, end);
}

/** The server may know more of its own reply than LiveKit's context tells, such as what its persona's tools did. */
function tellReply(message: Assistant, item: llm.ChatMessage | llm.FunctionCall): void {
  const reply = replyExtraOf(item)?.reply;
  if (reply !== undefined) message.reply = reply;
}

/** What other plugins or the model left on an item, copied; of this plugin's own stamp the server is told the reply alone. */
function foreignExtra(extra: Record<string, unknown>): Record<string, unknown> | undefined {
  let isForeign = false;
  for (const key in extra) if (key !== replyExtraKey) isForeign = true;
  if (!isForeign) return undefined;
  const { [replyExtraKey]: _own, ...foreign } = extra;
  return JSON.parse(JSON.stringify(foreign)) as Record<string, unknown>;
}

function contentOf({ content }: llm.ChatMessage): string | ContentPart[] {
  const [only] = content;
  if (content.length === 1 && typeof only === 'string') return only;
  if (!content.some(isImage)) return textOf(content);
  return content.map((part) =>
    isImage(part) ? toImagePart(part) : { type: 'text', text: textOfPart(part) },
  );
}

function textOf(content: llm.ChatContent[]): string {
  return content.flatMap((part) => (isImage(part) ? [] : [textOfPart(part)])).join('\n');
}

function textOfPart(part: Exclude<llm.ChatContent, llm.ImageContent>): string {
  if (typeof part === 'string') return part;
  if (part.type === 'instructions') return part.value;
  if (part.transcript !== undefined) return part.transcript;
  throw new Error('audio without a transcript cannot be sent to a text model; give it a transcript');
}

function isImage(content: llm.ChatContent): content is llm.ImageContent {
  return typeof content === 'object' && content.type === 'image_content';
}

function toImagePart(image: llm.ImageContent): ContentPart {
  const url = imageUrl(image);
  if (url === undefined) throw new Error('a video frame was not encoded before it was sent');
  return { type: 'image_url', image_url: { url, detail: image.inferenceDetail } };
}

function imageUrl(content: llm.ImageContent): string | undefined {
  return typeof content.image === 'string' ? content.image : encodedFrames.get(content);
}
