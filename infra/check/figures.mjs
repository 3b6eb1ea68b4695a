// Numbers that stand in two places.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { check } from './report.mjs';
import { root, text } from './settings.mjs';
import { chart, compose, phases, pods } from './sources.mjs';

const UNITS = { Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, '': 1 };
const bytes = (quantity) => {
  const [, number, unit] = String(quantity).match(/^([0-9.]+)(Ki|Mi|Gi|)$/);
  return Number(number) * UNITS[unit];
};
const cores = (quantity) => (String(quantity).endsWith('m') ? Number.parseFloat(quantity) / 1000 : Number(quantity));

export async function checkPins() {
  await check('pins: what an image names is what the sources name', (assert) => {
    const docker = text('infra/docker/Dockerfile');
    const cargo = text('Cargo.toml');
    const rust = cargo.match(/^rust-version = "([\d.]+)"/m)[1];
    assert.ok(docker.includes(`RUST_IMAGE=rust:${rust}`), 'Rust');
    const program = text('programs/veilpass/src/lib.rs').match(/^declare_id!\("(\w+)"\);/m)[1];
    for (const path of ['infra/docker/local-chain.sh', 'infra/compose/init.mjs'])
      assert.ok(text(path).includes(program), path);
  });
  await check('cost: the README has the table that cost.mjs prints', (assert) => {
    const script = fileURLToPath(new URL('infra/cost/cost.mjs', root));
    const printed = execFileSync(process.execPath, [script], { encoding: 'utf8' }).trim();
    const [, there] = text('infra/README.md').match(/<!-- node infra\/cost\/cost.mjs -->\n([\s\S]*?)\n<!-- end -->/);
    assert.equal(there.trim(), printed);
  });
}

/** What prover-service/src/machine.rs asks of a control group: docs/operations.md, "Sizing a prover". */
function fits(assert, where, { limit, workers, workerMb }) {
  const budget = limit * 0.8;
  const trees = Math.min(1_024_000_000, budget / 2);
  const needed = (workers + 1) * workerMb * 1e6 + trees + 64e6;
  assert.ok(needed <= budget, `${where}: ${workers} workers need ${needed} of ${budget} bytes`);
}

export async function checkMemory(folder) {
  await check('memory: the workers fit what a prover may take, everywhere', (assert) => {
    for (const phase of phases) {
      const { pod } = pods(chart(folder, phase)).find(({ component }) => component === 'prover');
      const [{ env, resources }] = pod.containers;
      const number = (name) => Number(env.find((variable) => variable.name === name).value);
      const workers = number('VEILPASS_WORKERS');
      fits(assert, phase, {
        limit: bytes(resources.limits.memory),
        workers,
        workerMb: number('VEILPASS_WORKER_MEMORY_MB'),
      });
      assert.ok(cores(resources.requests.cpu) >= workers, `${phase}: a worker needs a core`);
      const grace = pod.terminationGracePeriodSeconds;
      assert.ok(
        grace >= number('VEILPASS_DRAIN_SECONDS') + 10,
        `${phase}: docs/operations.md wants 10 s more than the drain`,
      );
    }
    const { prover } = compose(folder).services;
    const limit = Number(prover.deploy.resources.limits.memory);
    fits(assert, 'compose', { limit, workers: Number(prover.environment.VEILPASS_WORKERS), workerMb: 64 });
  });
  await check('cost: counts the pods and requests of the chart', (assert) => {
    const inputs = JSON.parse(text('infra/cost/inputs.json'));
    for (const [phase, counts] of Object.entries(inputs.phases)) {
      const documents = chart(folder, phase);
      const least = (component, replicas) => {
        const scaler = documents.find((d) => d.spec?.scaleTargetRef?.name === `veilpass-${component}`)?.spec;
        return replicas ?? scaler.minReplicas ?? scaler.minReplicaCount;
      };
      const running = pods(documents).filter(({ component }) => component !== 'migrate');
      assert.deepEqual(Object.fromEntries(running.map((p) => [p.component, least(p.component, p.replicas)]).sort()), {
        ...Object.fromEntries(Object.entries(counts).sort()),
      });
      for (const { component, pod } of running) {
        const { cpu, memory } = pod.containers[0].resources.requests;
        const { vcpu, mib } = inputs.requests[component];
        assert.deepEqual([cores(cpu), bytes(memory)], [vcpu, mib * 2 ** 20], `${phase} ${component}`);
      }
      const { env } = running.find(({ component }) => component === 'prover').pod.containers[0];
      assert.equal(Number(env.find(({ name }) => name === 'VEILPASS_WORKERS').value), inputs.workers_a_prover);
    }
  });
}
