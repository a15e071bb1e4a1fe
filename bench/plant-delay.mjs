/** Plants a delay of 1 ms of work in each request to the model and in each socket that is closed, to see that it is found. */
import { subscribe } from 'node:diagnostics_channel';

const delayMs = 1;

function work() {
  const until = performance.now() + delayMs;
  while (performance.now() < until);
}

subscribe('undici:request:create', work);
subscribe('undici:request:error', work);
