/** The least that holds a WebSocket open: what an idle connection of the server is held against. */
import { WebSocketServer } from 'ws';

const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
server.on('connection', (socket) => socket.on('message', () => undefined));
server.on('listening', () => console.log(`listening on port ${server.address().port}`));
