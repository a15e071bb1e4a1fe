/** The least that a relay from a model to a WebSocket can do, and what the server is held against: no checks, no deadlines, no law. */
import { Agent, request } from 'node:http';
import { WebSocketServer } from 'ws';

const { MODEL_URL = '', SYSTEM_PROMPT = '' } = process.env;
const options = { method: 'POST', agent: new Agent({ keepAlive: true }) };

function relay(socket, open, data) {
  const frame = JSON.parse(data);
  if (frame.type === 'cancel') return void open.get(frame.id)?.destroy();
  const { id } = frame;
  const end = () => open.delete(id) && socket.send(JSON.stringify({ type: 'complete', id }));
  const asked = request(MODEL_URL, options, (response) => {
    let rest = '';
    response.setEncoding('utf8').on('data', (text) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        if (!line.startsWith('data: {')) continue;
        const content = JSON.parse(line.slice(6)).choices[0]?.delta.content;
        if (content !== undefined) socket.send(JSON.stringify({ type: 'delta', id, content }));
      }
    });
    response.on('close', end).on('error', end);
  });
  open.set(id, asked.on('error', end));
  const messages = [{ role: 'system', content: SYSTEM_PROMPT }, ...frame.messages];
  asked.end(JSON.stringify({ model: 'fake-model', messages, stream: true }));
}

const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
server.on('connection', (socket) => {
  const open = new Map();
  socket.on('message', (data) => relay(socket, open, /** @type {Buffer} */ (data).toString('utf8')));
});
server.on('listening', () => console.log(`listening on port ${server.address().port}`));
