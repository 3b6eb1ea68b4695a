/**
 * A Vite plugin (Vite 8) for pages that use the SDK. It
 * - puts the SDK's assets under one folder of the page's own origin, whose name changes with them, and tells the SDK
 *   where;
 * - leaves out two modules of 4 MB each, in which Barretenberg carries its wasm as text;
 * - bundles the prover's worker as a module whose file name has `prover.worker` in it, so that servers can give it its
 *   own CSP.
 *
 * `plugins: [veilpass()]` is all that is needed.
 */

import { createHash } from 'node:crypto';
import { createReadStream, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'vite';

const ASSETS = {
  'circuit.json': 'application/json',
  vk: 'application/octet-stream',
  'barretenberg.wasm': 'application/wasm',
  'barretenberg-threads.wasm': 'application/wasm',
  'acvm.wasm': 'application/wasm',
} as const;

const INLINE_BARRETENBERG = /[\\/]fetch_code[\\/]browser[\\/]barretenberg(-threads)?\.js(\?|$)/;
const ACVM = /[\\/]acvm_js[\\/]web[\\/]acvm_js\.js(\?|$)/;
const ACVM_OWN_WASM = "new URL('acvm_js_bg.wasm', import.meta.url)";
/** What the HPKE library would take from Node where there is no WebCrypto. Every browser has that. */
const NODE_CRYPTO = '\0veilpass-no-node-crypto';
const PACKAGES = ['@veilpass/sdk', '@aztec/bb.js', '@noir-lang/acvm_js'];

export interface VeilpassOptions {
  /** Folder of the assets below the page's base; by default `assets`. */
  readonly folder?: string;
}

/** The plugin. It also adds to `worker` what the prover's worker needs. */
export default function veilpass({ folder = 'assets' }: VeilpassOptions = {}): Plugin {
  const source = fileURLToPath(new URL('../assets/', import.meta.url));
  const hash = createHash('sha256');
  for (const name of Object.keys(ASSETS)) hash.update(readFileSync(join(source, name)));
  const place = `${folder}/veilpass-${hash.digest('hex').slice(0, 16)}/`;
  return {
    name: 'veilpass',
    enforce: 'pre',
    config: ({ base = '/' }) => ({
      define: { __VEILPASS_ASSETS__: JSON.stringify(base + place) },
      optimizeDeps: { exclude: PACKAGES },
      worker: { format: 'es', plugins: () => [withoutInlineWasm()] },
    }),
    ...hooks(),
    generateBundle() {
      for (const name of Object.keys(ASSETS)) {
        this.emitFile({ type: 'asset', fileName: place + name, source: readFileSync(join(source, name)) });
      }
    },
    configureServer({ config, middlewares }) {
      middlewares.use((request, response, next) => {
        const path = request.url?.split('?')[0] ?? '';
        const name = path.startsWith(config.base + place) ? path.slice((config.base + place).length) : '';
        if (!(name in ASSETS)) {
          next();
          return;
        }
        response.setHeader('content-type', ASSETS[name as keyof typeof ASSETS]);
        response.setHeader('content-length', statSync(join(source, name)).size);
        response.setHeader('cross-origin-resource-policy', 'same-origin');
        createReadStream(join(source, name)).pipe(response);
      });
    },
  };
}

/** The same for the bundle of the worker, which has plugins of its own. */
function withoutInlineWasm(): Plugin {
  return { name: 'veilpass-worker', enforce: 'pre', ...hooks() };
}

function hooks(): Pick<Plugin, 'resolveId' | 'load' | 'transform'> {
  return {
    resolveId(id, importer) {
      return id === 'crypto' && importer && /[\\/]@hpke[\\/]/.test(importer) ? NODE_CRYPTO : undefined;
    },
    load(id) {
      if (id === NODE_CRYPTO) return 'export const webcrypto = undefined;';
      return INLINE_BARRETENBERG.test(id) ? 'export default "";' : undefined;
    },
    transform(code, id) {
      if (!ACVM.test(id)) return undefined;
      if (!code.includes(ACVM_OWN_WASM)) this.error('another version of @noir-lang/acvm_js than the SDK is made for');
      // The SDK always gives the URL of its asset; this would be a second copy of 3 MB.
      return { code: code.replace(ACVM_OWN_WASM, 'undefined'), map: null };
    },
  };
}
