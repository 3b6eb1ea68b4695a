// THIRD-PARTY.md: what others wrote of what we ship, with versions and licences. Generated, committed, and held to the lock
// files: a crate or a package that came or went is seen.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { isShipped, packages } from './npm.mjs';
import { readPins } from './pins.mjs';
import { CannotRun } from './report.mjs';
import { run, tail } from './run.mjs';

const policy = JSON.parse(readFileSync(new URL('licences.json', import.meta.url), 'utf8'));
const COMMAND = './veilpass supply-chain --write';

// The documents: which packages of which workspace are linked into what is shipped.
export const DOCUMENTS = [
  {
    file: 'THIRD-PARTY.md',
    workspace: '.',
    crates: ['api', 'prover', 'indexer', 'relayer', 'cli', 'program', 'example-gate'].map((name) => `veilpass-${name}`),
    about:
      'What others wrote of what Veilpass ships: services, the `veilpass` command, on-chain programs, SDK and pages. The\n' +
      'local chain, which is for trying, has [a list of its own](local-chain/THIRD-PARTY.md).',
  },
  {
    file: 'local-chain/THIRD-PARTY.md',
    workspace: 'local-chain',
    crates: ['veilpass-local-chain'],
    about: 'What others wrote of the local chain, a program for trying and for tests. It is linked to nothing else.',
  },
];

// SPDX as it is written today, and without regard to order, so that equal choices are counted together.
export function normalised(licence) {
  const text = licence.replaceAll(/ ?\/ ?/g, ' OR ').trim();
  if (/[()]/.test(text.replace(/^\((.*)\)$/s, '$1'))) return text;
  const plain = text.replace(/^\((.*)\)$/s, '$1');
  for (const word of [' OR ', ' AND ']) {
    const parts = plain.split(word);
    if (parts.length > 1 && !parts.some((part) => / (OR|AND) /.test(part))) return parts.sort().join(word);
  }
  return plain;
}

// Of `cargo tree` with the format "{p}|{l}": [name, version, licence], without what is ours.
export function parseTree(text) {
  const found = new Map();
  for (const line of text.split('\n').filter(Boolean)) {
    const [, name, version, origin, licence] = /^(\S+) v(\S+)( \(.*\))?\|(.*)$/.exec(line) ?? [];
    if (!name) throw new Error(`cargo tree printed ${line}`);
    if (origin) continue;
    const said = licence || policy.crates[name];
    if (!said) throw new Error(`${name} ${version} says no licence: look, and name it in licences.json`);
    found.set(`${name} ${version}`, [name, version, normalised(said)]);
  }
  return [...found.values()].sort(byName);
}

const byName = (a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : a[1] < b[1] ? -1 : 1);

// What is linked into these packages on the platform of the images. Macros and build scripts run, and are not shipped.
function linked(root, { workspace, crates }) {
  const args = ['tree', '--locked', '--manifest-path', join(root, workspace, 'Cargo.toml'), '--prefix', 'none'];
  args.push('--edges', 'normal,no-proc-macro', '--no-dedupe', '--format', '{p}|{l}');
  args.push('--target', 'x86_64-unknown-linux-gnu', ...crates.flatMap((name) => ['--package', name]));
  const ended = run('cargo', args, root);
  if (ended.status === 0) return parseTree(ended.stdout);
  if (/failed to download|network|offline/i.test(ended.stderr)) throw new CannotRun(tail(ended.stderr, 3));
  throw new Error(tail(ended.stderr));
}

// What `npm install` of the SDK brings, and the pages: [name, version, licence].
export function shippedPackages(root) {
  const found = packages(root, 'package-lock.json').filter(([, entry]) => isShipped(entry));
  const named = found.map(([place, { name, version, license }]) => [
    name ?? place.split('node_modules/').at(-1),
    version,
    normalised(license ?? 'none said'),
  ]);
  return [...new Map(named.map((entry) => [entry.join(' '), entry])).values()].sort(byName);
}

function table(head, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function counts(entries) {
  const found = new Map();
  for (const [, , licence] of entries) found.set(licence, (found.get(licence) ?? 0) + 1);
  const sorted = [...found].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  return table(
    ['licence', 'how many'],
    sorted.map(([licence, count]) => [licence, String(count)]),
  );
}

export function render({ about, workspace }, crates, npm, pins) {
  const head = ['name', 'version', 'licence'];
  const parts = [
    '# Third-party software',
    `${about}\nWritten by \`${COMMAND}\` from the lock files; not edited. Licences are what each package says of\n` +
      'itself, in SPDX; their texts are in the packages. What only builds or tests is not here, nor what base images of\n' +
      'containers bring.',
    `## Counts\n\n${crates.length} crates${npm.length > 0 ? `, ${npm.length} npm packages` : ''}.\n\n${counts([...crates, ...npm])}`,
  ];
  if (workspace === '.') {
    const [, , licence] = npm.find(([name, version]) => `${name}@${version}` === pins.BB_NPM_PACKAGE);
    const bb = [[`bb, of the npm package ${pins.BB_NPM_PACKAGE}`, pins.BB_VERSION, licence]];
    parts.push(`## Programs\n\nThe prover's image carries a binary that is not built here.\n\n${table(head, bb)}`);
  }
  parts.push(`## Crates\n\n${table(head, crates)}`);
  if (npm.length > 0) parts.push(`## npm packages\n\n${table(head, npm)}`);
  return `${parts.join('\n\n')}\n`;
}

// Compares a document with what is linked now, or writes it.
export function document(root, which, write) {
  const crates = linked(root, which);
  const npm = which.workspace === '.' ? shippedPackages(root) : [];
  const text = render(which, crates, npm, readPins(root));
  const path = join(root, which.file);
  let committed = '';
  try {
    committed = readFileSync(path, 'utf8');
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
  const said = `${crates.length} crates, ${npm.length} npm packages`;
  if (committed === text) return said;
  if (write) {
    writeFileSync(path, text);
    return `${said}; written`;
  }
  throw new Error(`not up to date: ${COMMAND}\n${differences(committed, text)}`);
}

// Lines that only one has, `-` for those that are committed.
function differences(committed, now) {
  const [before, after] = [committed, now].map((text) => new Set(text.split('\n')));
  const gone = [...before].filter((line) => !after.has(line)).map((line) => `- ${line}`);
  const come = [...after].filter((line) => !before.has(line)).map((line) => `+ ${line}`);
  return [...gone, ...come].slice(0, 20).join('\n');
}
