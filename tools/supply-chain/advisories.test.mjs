import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';

import { audit, found, judge } from './npm.mjs';
import { Database, parse } from './npm-advisories.mjs';
import { CannotRun } from './report.mjs';
import { succeed } from './run.mjs';

const PEERS = 'tools/peers/package-lock.json';
const work = mkdtempSync(join(tmpdir(), 'veilpass-advisories-'));
after(() => rmSync(work, { recursive: true }));

const entry = (id, range) =>
  `---\nidentifier: "CVE-1"\nidentifiers:\n- "CVE-1"\n- "${id}"\ntitle: "Bad"\naffected_range: "${range}"\nurls: []\n`;

// A clone with that many entries, two of which are about packages that we look for.
function clone() {
  const folder = join(work, 'clone');
  const put = (file, text) => {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  };
  put('npm/ws/CVE-1.yml', entry('GHSA-58qx-3vcg-4xpx', '>=1.0.0 <1.5.0||>=2.0.0\n  <2.5.0'));
  put('npm/@scope/a/CVE-2.yml', entry('GHSA-1', '<3.0.0'));
  for (let i = 0; i < 1000; i += 1) put(`npm/other-${i}/CVE-3.yml`, entry('GHSA-2', '<9.0.0'));
  succeed('git', ['init', '--quiet'], folder);
  succeed('git', ['add', '--all'], folder);
  const author = ['-c', 'user.name=a', '-c', 'user.email=a@a.example'];
  succeed('git', [...author, 'commit', '--quiet', '--message', 'all'], folder);
  return folder;
}

test('an entry of the database: its range on several lines, all its names', () => {
  const { range, ids, title } = parse(entry('GHSA-1', '<1.0.0||>=2.0.0\n  <2.1.0'), 'f');
  assert.deepEqual([range, ids, title], ['<1.0.0||>=2.0.0 <2.1.0', ['CVE-1', 'GHSA-1'], 'Bad']);
  assert.throws(() => parse('identifiers:\n- "CVE-1"\ntitle: "Bad"\n', 'f.yml'), /f\.yml/);
});

test('a lock file is held to the database', () => {
  const database = new Database(clone());
  const lockOf = (place, version) => {
    const packages = { '': {}, [place]: { version } };
    mkdirSync(join(work, 'tools/peers'), { recursive: true });
    for (const lock of ['package-lock.json', PEERS]) writeFileSync(join(work, lock), JSON.stringify({ packages }));
  };
  lockOf('node_modules/b/node_modules/ws', '2.4.0');
  assert.throws(() => audit(work, 'package-lock.json', database), /ws 2\.4\.0: CVE-1, GHSA-58qx-3vcg-4xpx Bad/);
  assert.match(audit(work, PEERS, database), /none that counts, 1 explained/);
  lockOf('node_modules/@scope/a', '3.0.0-rc.1');
  assert.throws(() => audit(work, 'package-lock.json', database), /@scope\/a 3\.0\.0-rc\.1: CVE-1, GHSA-1/);
  lockOf('node_modules/ws', '1.5.0');
  assert.match(audit(work, 'package-lock.json', database), /^none that counts \(GitLab's database of \d{4}-/);
});

test('what is no clone of it cannot be asked', () => {
  assert.throws(() => new Database(join(work, 'nowhere')), CannotRun);
});

test("npm's answer: advisories count, who depends on such a package does not", () => {
  const via = [{ name: 'ws', url: 'https://github.com/advisories/GHSA-1', title: 'Bad' }, 'ws'];
  const answer = { vulnerabilities: { ws: { via }, ethers: { via: ['ws'] } } };
  assert.deepEqual(found(answer), [['ws', ['GHSA-1'], 'Bad']]);
  assert.throws(() => judge(PEERS, found(answer)), /ws: GHSA-1 Bad/);
  assert.equal(judge(PEERS, []), 'none that counts (npm audit)');
});
