/** The worker. Its own response needs `'wasm-unsafe-eval'` in the CSP; the page's does not. */

import type { Reply, Request } from './messages.js';
import { EngineServer, publicError } from './serve.js';

const server = new EngineServer();
const reply = (message: Reply) => self.postMessage(message);

self.addEventListener('message', async ({ data }: MessageEvent<Request>) => {
  const { id, call, args } = data;
  try {
    const result = await server.call(call, args as never, (note) => reply({ id, note }));
    reply({ id, result });
  } catch (error) {
    reply({ id, error: publicError(error) });
  }
});
