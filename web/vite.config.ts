import veilpass from '@veilpass/sdk/vite';
import { defineConfig, mergeConfig } from 'vite';
import { common } from './build/common.ts';

// The listening room. The ops page is built apart (vite.ops.config.ts), so that each can be served without the other.
export default defineConfig(mergeConfig(common('dist/room'), { plugins: [veilpass()] }));
