/** Plants a leak of 1 KiB for each request to the model, to see that it is found. */
import { subscribe } from 'node:diagnostics_channel';

const kept = [];
subscribe('undici:request:create', () => kept.push(Buffer.alloc(1_024, 'x')));
