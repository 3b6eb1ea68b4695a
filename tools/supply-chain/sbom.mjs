// Bills of materials (CycloneDX): one for each lock file of npm, one for each package of each Cargo workspace.
//
// The tools write beside the manifests, or want a version in them: they work on a copy of what git knows, under a temporary folder.

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';

import { needCargoTool, succeed } from './run.mjs';

// A copy of the committed and staged files; `work` gets its folder.
export function withCopy(root, work) {
  const copy = mkdtempSync(join(tmpdir(), 'veilpass-sbom-'));
  try {
    succeed('git', ['checkout-index', '--all', `--prefix=${copy}/`], root);
    return work(copy);
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

const versionOf = (root) => readFileSync(join(root, 'Cargo.toml'), 'utf8').match(/^version = "(.+)"$/m)[1];
const nameOf = (lock) => `npm-${dirname(lock).replaceAll('/', '-').replace(/^\.$/, 'workspace')}.cdx.json`;

export function ofNpm(copy, lock, out) {
  const folder = dirname(join(copy, lock));
  const version = versionOf(copy);
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const locked = JSON.parse(readFileSync(join(copy, lock), 'utf8'));
  // A package URL has a version; ours are in no registry and have none.
  const own = ['', ...Object.keys(locked.packages).filter((place) => place !== '' && !place.includes('node_modules/'))];
  for (const place of own) locked.packages[place].version ??= version;
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ version, ...manifest }));
  writeFileSync(join(copy, lock), JSON.stringify({ version, ...locked }));
  const args = ['sbom', '--sbom-format', 'cyclonedx', '--sbom-type', 'application', '--package-lock-only'];
  return keep(succeed('npm', args, folder).stdout, out, nameOf(lock));
}

export function ofCargo(copy, workspace, out) {
  needCargoTool('cargo-cyclonedx', './veilpass supply-chain installs it');
  const manifest = ['--manifest-path', join(copy, workspace, 'Cargo.toml')];
  succeed('cargo-cyclonedx', ['cyclonedx', '--format', 'json', '--all', '--quiet', ...manifest], copy);
  const files = readdirSync(copy, { recursive: true, encoding: 'utf8' });
  const found = files.filter((file) => file.endsWith('.cdx.json')).map((file) => join(copy, file));
  if (found.length === 0) throw new Error('cargo-cyclonedx wrote nothing');
  for (const file of found) {
    keep(readFileSync(file, 'utf8'), out, `cargo-${basename(file)}`);
    // The next workspace's are told from these.
    rmSync(file);
  }
  return `${found.length} documents, cargo-*.cdx.json`;
}

// Writes a document, if it is one.
function keep(text, out, name) {
  const document = JSON.parse(text);
  if (document.bomFormat !== 'CycloneDX' || !document.metadata) throw new Error(`${name} is no CycloneDX document`);
  mkdirSync(out, { recursive: true });
  writeFileSync(join(out, name), text);
  return `${document.components?.length ?? 0} components, ${name}`;
}
