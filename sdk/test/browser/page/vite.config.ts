import veilpass from '@veilpass/sdk/vite';
import { defineConfig } from 'vite';

export default defineConfig({
  plugins: [veilpass()],
  build: { target: 'es2022', modulePreload: false, assetsInlineLimit: 0, emptyOutDir: true },
});
