/**
 * Loaded into the server before its code: makes it fail while it writes one type of frame, as a
 * fault of its own would. Its owner names the type by a message. A frame with an id, or of a reply,
 * fails where that begins with `fault`; any other the first time only.
 */
let type;
let hasFailed = false;

process.on('message', (message) => {
  if (message?.type !== 'plant-fault') return;
  type = message.frame;
  hasFailed = false;
  process.send({ type: 'plant-fault' });
});
process.channel?.unref();

const stringify = JSON.stringify;
JSON.stringify = (value, ...more) => {
  if (isPlanted(value)) throw new Error(`planted: no ${type} can be written`);
  return stringify(value, ...more);
};

function isPlanted(value) {
  if (type === undefined || typeof value !== 'object' || value?.type !== type) return false;
  const id = value.id ?? value.reply;
  if (id !== undefined) return String(id).startsWith('fault');
  // The first `ready` of a connection must come.
  if (type === 'ready' && value.persona?.title !== 'After') return false;
  const isFirst = !hasFailed;
  hasFailed = true;
  return isFirst;
}
