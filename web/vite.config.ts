import { defineConfig } from 'vite';
import { common } from './build/common.ts';

// The listening room. The ops page is built apart (vite.ops.config.ts), so that each can be served without the other.
export default defineConfig({
  ...common('dist/room'),
});
