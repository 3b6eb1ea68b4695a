// What goes into an image from outside is what pins.env names, or the build ends: the scripts of the Dockerfile, with
// files that are not those.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { check } from './report.mjs';
import { root, text } from './settings.mjs';

const script = (name) => fileURLToPath(new URL(`infra/docker/${name}`, root));
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

/** Runs a script of the Dockerfile; says whether it succeeded and left the file. */
function left(name, args, file, environment = {}) {
  const options = { encoding: 'utf8', env: { ...process.env, ...environment } };
  const { status, stdout, stderr } = spawnSync('bash', [script(name), ...args], options);
  return { built: status === 0 && existsSync(file), said: stdout + stderr };
}

export async function checkPinned() {
  const work = mkdtempSync(join(tmpdir(), 'veilpass-pinned-'));
  try {
    await check('pins: an image gets the pinned bb or none', (assert) => bb(assert, work));
    await check('pins: an image gets the pinned reference string or none', (assert) => referenceString(assert, work));
    await check('pins: the images that need pins.env have it', (assert) => {
      const docker = text('infra/docker/Dockerfile');
      for (const stage of ['bb', 'crs-download', 'checked-crs', 'pages', 'tools']) {
        const body = docker.split(new RegExp(`^FROM .* AS ${stage}$`, 'm'))[1].split(/^FROM /m)[0];
        assert.match(body, /^COPY pins\.env /m, stage);
      }
    });
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** npm gives a package with a program of ours as bb: it is taken if its hash is the pinned one, not otherwise. */
function bb(assert, work) {
  const program = '#!/bin/sh\necho 0.1.0\n';
  mkdirSync(join(work, 'made/package/build/amd64-linux'), { recursive: true });
  writeFileSync(join(work, 'made/package/build/amd64-linux/bb'), program);
  const npm = `#!/bin/sh\n[ "$1" = pack ] && exec tar -czf ./given.tgz -C "${work}/made" package\n`;
  mkdirSync(join(work, 'bin'));
  writeFileSync(join(work, 'bin/npm'), npm, { mode: 0o755 });
  const environment = { PATH: `${join(work, 'bin')}:${process.env.PATH}` };
  const run = (pins) => {
    writeFileSync(join(work, 'pins.env'), pins);
    const to = join(work, 'bb');
    rmSync(to, { force: true });
    return left('fetch-bb.sh', ['amd64', join(work, 'pins.env'), to], to, environment);
  };
  const pins = text('pins.env');
  const other = run(pins);
  assert.ok(!other.built, 'another binary became bb');
  assert.match(other.said, /FAILED/);
  const same = run(pins.replace(/^BB_SHA256_amd64_linux=.*$/m, `BB_SHA256_amd64_linux=${sha256(program)}`));
  assert.ok(same.built, same.said);
}

/** A reference string of ours likewise; what follows the points is cut off. */
function referenceString(assert, work) {
  const [from, to] = [join(work, 'from'), join(work, 'crs')];
  mkdirSync(from);
  const points = Number(/^OWNERSHIP_CRS_POINTS=(\d+)$/m.exec(text('pins.env'))[1]);
  const [g1, g2] = [Buffer.alloc(points * 64, 7), Buffer.alloc(128, 8)];
  const run = (pins, first) => {
    writeFileSync(join(work, 'pins.env'), pins);
    writeFileSync(join(from, 'bn254_g1.dat'), first);
    writeFileSync(join(from, 'bn254_g2.dat'), g2);
    rmSync(to, { recursive: true, force: true });
    return left('cut-crs.sh', [join(work, 'pins.env'), from, to], join(to, 'bn254_g2.dat'));
  };
  const ours = text('pins.env')
    .replace(/^CRS_G1_SHA256=.*$/m, `CRS_G1_SHA256=${sha256(g1)}`)
    .replace(/^CRS_G2_SHA256=.*$/m, `CRS_G2_SHA256=${sha256(g2)}`);
  const longer = run(ours, Buffer.concat([g1, Buffer.alloc(64, 9)]));
  assert.ok(longer.built, longer.said);
  assert.ok(!run(ours, Buffer.concat([Buffer.from([6]), g1.subarray(1)])).built, 'one byte differs');
  assert.ok(!run(ours, g1.subarray(64)).built, 'it is too short');
  assert.ok(!run(text('pins.env'), g1).built, 'another string than the pinned one');
}
