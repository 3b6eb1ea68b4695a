import { defineConfig } from 'vite';
import { common } from './build/common.ts';

// The ops page: its root is web/ops, its sources are web/src/ops, and it is served at /ops/ of the operator port.
export default defineConfig({
  ...common('../dist/ops'),
  root: 'ops',
  base: '/ops/',
});
