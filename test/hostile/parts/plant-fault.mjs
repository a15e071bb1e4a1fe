/**
 * Loaded into the server before its code: makes it fail while it writes one type of frame, as a
 * fault of its own would. The type is in WS_LLM_PLANTED_FAULT. A frame with an id, or of a reply,
 * fails where that begins with `fault`; any other the first time only.
 */
const type = process.env.WS_LLM_PLANTED_FAULT;
delete process.env.WS_LLM_PLANTED_FAULT;

const stringify = JSON.stringify;
let hasFailed = false;

JSON.stringify = (value, ...more) => {
  if (isPlanted(value)) throw new Error(`planted: no ${type} can be written`);
  return stringify(value, ...more);
};

function isPlanted(value) {
  if (typeof value !== 'object' || value === null || value.type !== type) return false;
  const id = value.id ?? value.reply;
  if (id !== undefined) return String(id).startsWith('fault');
  // The first `ready` of a connection must come.
  if (type === 'ready' && value.persona?.title !== 'After') return false;
  const isFirst = !hasFailed;
  hasFailed = true;
  return isFirst;
}
