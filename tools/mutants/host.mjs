// The mutants of a crate whose tests run on the host.
//
//   node tools/mutants/host.mjs PACKAGE OUT [further arguments of cargo-mutants]
//
// Cargo compiles once, and says how. Then each mutant is compiled by those commands alone, its unit tests first: cargo
// would take longer to look at the workspace than they take.

import { utimesSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { list } from './list.mjs';
import { copyTree, run, tryAll } from './tree.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const [name, out, ...args] = process.argv.slice(2);
const tree = join(out, 'tree');
const crate = join(tree, 'crates', name.replace('veilpass-', ''));
const env = { CARGO_TARGET_DIR: join(out, 'target'), VEILPASS_ROOT: tree };
// Which integration tests to ask first.
const FIRST = ['honest', 'each_check', 'vectors', 'agree', 'reference'];

/** How cargo compiles the library, its unit tests and its integration tests: `{ kind, command, binary }`. */
async function steps() {
  utimesSync(join(crate, 'src/lib.rs'), new Date(), new Date());
  // The profile of `.cargo/mutants.toml`.
  const profile = ['opt-level=1', 'package."*".opt-level=3', 'incremental=true', 'codegen-units=64'];
  const settings = profile.flatMap((setting) => ['--config', `profile.release.${setting}`]);
  const test = ['test', '--no-run', '--release', '--locked', '--lib', '--tests', '--package', name, '-vv', ...settings];
  const { outcome, said } = await run('cargo', test, { cwd: tree, env, seconds: 7200 });
  if (outcome !== 'passed') throw new Error(said.slice(-5000));
  const own = name.replaceAll('-', '_');
  return [...said.matchAll(/^ +Running `(.* --crate-name (\w+) .*)`$/gm)]
    .filter(([, command]) => command.includes(`CARGO_PKG_NAME=${name} `))
    .map(([, command, crateName]) => {
      const [, directory] = command.match(/ --out-dir (\S+)/);
      const [, hash] = command.match(/ -C extra-filename=(\S+)/);
      const kind = command.includes(' --test ') ? (crateName === own ? 'unit' : 'integration') : 'library';
      return { kind, command, binary: join(directory, crateName + hash) };
    });
}

const compile = ({ command }) => run('bash', ['-c', command], { cwd: tree, env, seconds: 900 });
let seconds = 3600;
const test = ({ binary }, selection) => run(binary, selection, { cwd: crate, env, seconds });

copyTree(root, tree);
const all = await steps();
const [unit, library] = ['unit', 'library'].map((kind) => all.find((step) => step.kind === kind));
const integration = all.filter((step) => step.kind === 'integration');

async function judge() {
  for (const step of [unit, library, ...integration]) {
    if ((await compile(step)).outcome !== 'passed') return { outcome: 'unviable' };
    const selections = { unit: [[]], library: [], integration: [FIRST, FIRST.flatMap((name) => ['--skip', name])] };
    for (const selection of selections[step.kind]) {
      const { outcome, by } = await test(step, selection);
      if (outcome !== 'passed') return { outcome: outcome === 'failed' ? 'caught' : outcome, by };
    }
  }
  return { outcome: 'survived' };
}

const since = Date.now();
const unchanged = await judge();
if (unchanged.outcome !== 'survived') throw new Error(`unchanged, the tests fail: ${JSON.stringify(unchanged)}`);
// A busy machine is not an endless loop.
seconds = Math.max(60, (10 * (Date.now() - since)) / 1000);
// Compiled for the chain alone, or with another feature.
const skip = ['solana.rs', 'limbs/count.rs'];
const folder = `crates/${name.replace('veilpass-', '')}/src`;
await tryAll(list(tree, folder, { args: ['--package', name, ...args], skip }), { tree, out, judge });
