// Measures proofs on the device, in real Chromium against a real stack: one JSON object a line.
//
//   node test/browser/measure.mjs [PROOFS]
//
// `./veilpass bench device` runs it; the environment is that of run.mjs.
import { cpus } from 'node:os';
import { openStack } from '../stack/open.mjs';
import { inBrowser, percentile } from './in-browser.mjs';

const proofs = Number(process.argv[2] ?? 20);
if (!Number.isInteger(proofs) || proofs < 1) {
  console.error('give the number of proofs after the first');
  process.exit(2);
}
const { room, close } = await openStack();
try {
  for (const [threads, suffix] of [
    [1, '_1_thread'],
    [2, ''],
  ]) {
    await inBrowser(room, async (page, memory, trouble, version) => {
      const args = [threads, 'device', 'offchain', proofs + 1];
      const result = await page.evaluate((of) => globalThis.veilpassTest(...of), args);
      if (trouble.length > 0) throw new Error(trouble.join('\n'));
      if (result.status !== 'accepted' || result.milliseconds.length !== proofs + 1) {
        throw new Error(`the last proof is ${result.status}, not accepted`);
      }
      const [first, ...warm] = result.milliseconds;
      const made = result.made.slice(1);
      const renderer = await memory();
      const context = {
        threads,
        proofs,
        browser: `Chromium ${version}, headless`,
        leaves: 1000,
        depth: 32,
        made: 'witness, proof and its check in the browser',
        stack: 'the whole stack is on the same machine',
        machine: { cpu: cpus()[0]?.model, cores: cpus().length },
      };
      const line = (name, value, unit) =>
        console.log(JSON.stringify({ name: `device_${name}${suffix}`, value, unit, context }));
      line('first_proof_ms', first, 'ms');
      line('proof_p50_ms', percentile(made, 50), 'ms');
      line('proof_p95_ms', percentile(made, 95), 'ms');
      line('proof_with_questions_p50_ms', percentile(warm, 50), 'ms');
      if (result.memory) line('workers_mb', Math.round(result.memory.worker / 1e5) / 10, 'MB');
      line('renderer_peak_mb', renderer.peak, 'MB');
    });
  }
} finally {
  await close();
}
