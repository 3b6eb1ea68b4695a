// The mutants of the on-chain program. Each is compiled for the chain, and the program's tests, which are compiled once
// and from the sources as they are, run the .so that this gives. The same bytes as before are an equivalent program.
//
//   node tools/mutants/program.mjs OUT [further arguments of cargo-mutants]

import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { list } from './list.mjs';
import { copyTree, run, tryAll } from './tree.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const [out, ...args] = process.argv.slice(2);
const tree = join(out, 'tree');
const sources = 'programs/veilpass/src';
// The files without the workspace's excludes: what a host cannot run is run here.
const files = ['--no-config', '--file', `${sources}/**`, '--file', 'crates/ultrahonk/src/solana.rs'];

const kit = resolve(process.env.VEILPASS_SBF_KIT || join(root, '../shared/sbf'));
const so = join(tree, 'programs/veilpass/veilpass.so');
const { settings } = JSON.parse(readFileSync(join(root, 'programs/programs.lock'), 'utf8'));

/** Compiles the tree's program into the place where the tests look for it. */
function build() {
  rmSync(so, { force: true });
  const env = { ...settings, CARGO_TARGET_DIR: join(out, 'target-sbf') };
  const program = join(tree, 'programs/veilpass');
  if (existsSync(join(kit, 'build.sh'))) {
    return run('bash', [join(kit, 'build.sh'), program, so, '--locked'], { cwd: tree, env, seconds: 3600 });
  }
  const args = ['build-sbf', '--arch', 'v3', '--sbf-out-dir', program, '--', '--locked'];
  return run('cargo', args, { cwd: program, env, seconds: 3600 });
}

/** Runs those tests of the unchanged sources that an expression of nextest selects, on the tree's program. */
function test(selection) {
  const args = ['nextest', 'run', '--release', '--locked', '--package', 'veilpass-program', '--test', 'it'];
  return run('cargo', [...args, '-E', selection], { cwd: root, env: { VEILPASS_ROOT: tree }, seconds: 3600 });
}

// Which tests to ask first, by the mutant's file: most mutants are caught in seconds.
const FIRST = [
  [/proof_buffer\.rs/, '^(buffers|opening)::'],
  [/close_nullifier\.rs/, '^(nullifiers|substitutions)::|rent_of_a_nullifier'],
  [/verify_ownership\.rs|nullifier\.rs/, '^(nullifiers|bindings|substitutions)::|happy::(a_proof|money)'],
  [/field\.rs|proof\.rs|error\.rs|solana\.rs/, '^(bindings|encodings)::|happy::a_proof'],
  [/./, '^(registries|epochs|bindings)::'],
];

copyTree(root, tree);
for (const { outcome, said } of [await build(), await test('all()')]) {
  if (outcome !== 'passed') throw new Error(`unchanged, it fails:\n${said.slice(-5000)}`);
}
const unchanged = readFileSync(so);
await tryAll(list(tree, sources, { args: [...files, ...args] }), {
  tree,
  out,
  judge: async ({ path }) => {
    if ((await build()).outcome !== 'passed') return { outcome: 'unviable' };
    if (readFileSync(so).equals(unchanged)) return { outcome: 'same bytes' };
    const first = `test(/${FIRST.find(([file]) => file.test(path))[1]}/)`;
    for (const selection of [first, `not ${first}`]) {
      const { outcome, by } = await test(selection);
      if (outcome !== 'passed') return { outcome: outcome === 'failed' ? 'caught' : outcome, by };
    }
    return { outcome: 'survived' };
  },
});
