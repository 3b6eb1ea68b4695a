import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { build } from 'vite';
import { expect, test } from 'vitest';
import { precompress } from '../build/precompress.ts';

test('a built file has a brotli and a gzip twin with the same content, and a small one has none', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'precompress-'));
  try {
    await writeFile(join(folder, 'index.html'), `<!doctype html><title>t</title><p>${'words and '.repeat(400)}</p>`);
    await writeFile(join(folder, 'small.html'), '<!doctype html>');
    await build({
      root: folder,
      logLevel: 'silent',
      plugins: [precompress()],
      build: { rollupOptions: { input: [join(folder, 'index.html'), join(folder, 'small.html')] } },
    });
    const plain = await readFile(join(folder, 'dist/index.html'));
    expect(brotliDecompressSync(await readFile(join(folder, 'dist/index.html.br')))).toEqual(plain);
    expect(gunzipSync(await readFile(join(folder, 'dist/index.html.gz')))).toEqual(plain);
    await expect(readFile(join(folder, 'dist/small.html.br'))).rejects.toThrow('ENOENT');
  } finally {
    await rm(folder, { recursive: true });
  }
});
