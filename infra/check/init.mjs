// What draws the secrets of a compose stack, and what hands them to a service.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { check } from './report.mjs';
import { root, secrets, text } from './settings.mjs';

const path = (name) => fileURLToPath(new URL(name, root));

export async function checkStack() {
  const work = mkdtempSync(join(tmpdir(), 'veilpass-init-'));
  const init = (...options) =>
    spawnSync(process.execPath, [path('infra/compose/init.mjs'), '--dir', work, ...options], { encoding: 'utf8' });
  try {
    await check('init: draws what the stack needs, for its owner only, and only once', (assert) => {
      const first = init('--local');
      assert.equal(first.status, 0, first.stderr);
      const files = readdirSync(join(work, 'secrets'));
      const named = [...text('infra/compose/docker-compose.yml').matchAll(/file: \.\/secrets\/(\S+)\}/g)].map(
        ([, name]) => name,
      );
      assert.deepEqual(files.sort(), named.sort());
      for (const name of files) assert.equal(statSync(join(work, 'secrets', name)).mode & 0o077, 0, name);
      assert.equal(statSync(join(work, 'state/prover/prover.key')).mode & 0o777, 0o600);
      const content = files.map((name) => readFileSync(join(work, 'secrets', name), 'utf8'));
      const shown = first.stderr.match(/vpo_\S+/)[0];
      for (const [index, secret] of content.entries()) {
        if (/^(rpc|ws)-/.test(files[index])) continue;
        assert.ok(!first.stderr.includes(secret) && !secret.includes(shown), files[index]);
      }
      const again = init('--local');
      assert.equal(again.status, 0, again.stderr);
      assert.deepEqual(
        files.map((name) => readFileSync(join(work, 'secrets', name), 'utf8')),
        content,
      );
      assert.ok(!again.stderr.includes('vpo_'));
    });
    await check('init: with another chain it wants all of it', (assert) => {
      const { status, stderr } = init('--rpc', 'https://rpc.example');
      assert.equal(status, 64);
      for (const name of ['--ws', '--cluster', '--page-rpc', '--fee-payer', '--authority'])
        assert.ok(stderr.includes(name));
    });
    await check('with-secrets: files become variables, and one that is given twice is refused', (assert) => {
      const folder = mkdtempSync(join(work, 'run-'));
      for (const name of secrets) writeFileSync(join(folder, name), `value of ${name}\n`);
      writeFileSync(join(folder, 'PATH'), '/nowhere');
      const run = (env) =>
        execFileSync('sh', [path('infra/docker/with-secrets.sh'), folder, 'env'], {
          env,
          encoding: 'utf8',
          stdio: 'pipe',
        });
      const got = run({ PATH: process.env.PATH });
      for (const name of secrets) assert.ok(got.includes(`${name}=value of ${name}\n`), name);
      assert.ok(!got.includes('/nowhere'));
      assert.throws(() => run({ PATH: process.env.PATH, DATABASE_URL: '' }), /status|failed/i);
    });
  } finally {
    rmSync(work, { recursive: true });
  }
}
