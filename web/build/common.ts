import type { UserConfig } from 'vite';
import { precompress } from './precompress.ts';

/** What both pages are built with: no inlined files (the content security policy admits none), and no preload script. */
export function common(outDir: string): UserConfig {
  return {
    plugins: [precompress()],
    build: {
      target: 'es2022',
      outDir,
      emptyOutDir: true,
      modulePreload: false,
      assetsInlineLimit: 0,
      reportCompressedSize: false,
    },
  };
}
