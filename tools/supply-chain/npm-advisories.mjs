// Known vulnerabilities of npm packages from a clone of GitLab's advisory database, for a machine whose registry answers no
// audit. It has a file for each: npm/PACKAGE/ID.yml, with the range of versions in npm's own syntax.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

import { CannotRun } from './report.mjs';
import { succeed, tail } from './run.mjs';

// npm brings the library that defines ranges.
function semver() {
  const folder = join(succeed('npm', ['root', '-g'], '/').stdout.trim(), 'npm');
  if (!existsSync(folder)) throw new CannotRun(`npm is not at ${folder}`);
  return createRequire(join(folder, 'package.json'))('semver');
}

// What a file says: its range and all its identifiers. A file that says no range is an error: it could be about us.
export function parse(text, file) {
  const range = /^affected_range: "([^"]*)"$/m.exec(text)?.[1].replaceAll(/\s*\n\s*/g, ' ');
  const ids = /^identifiers:\n((?: *- .*\n)+)/m.exec(text)?.[1].match(/[\w-]+(?="?$)/gm);
  if (range === undefined || !ids) throw new Error(`${file} is not what is expected of GitLab's database`);
  const title = /^title: "?(.*?)"?$/m.exec(text)?.[1];
  return { range, ids, title };
}

export class Database {
  #files = new Map();
  #semver = semver();

  constructor(clone) {
    if (!existsSync(clone)) throw new CannotRun(`${clone} is not there`);
    this.clone = clone;
    const names = succeed('git', ['ls-tree', '-r', '--name-only', 'HEAD', 'npm/'], clone).stdout.trim().split('\n');
    for (const file of names) {
      const name = file.split('/').slice(1, -1).join('/');
      this.#files.set(name, [...(this.#files.get(name) ?? []), file]);
    }
    if (names.length < 1000) throw new CannotRun(`${clone} is no clone of GitLab's advisory database`);
    this.date = succeed('git', ['log', '-1', '--format=%cs'], clone).stdout.trim();
  }

  // Advisories about this version: their identifiers and titles.
  about(name, version) {
    const found = [];
    for (const { range, ids, title } of this.#read(this.#files.get(name) ?? [])) {
      if (!this.#semver.validRange(range)) throw new Error(`${ids[0]}: npm does not understand the range ${range}`);
      if (this.#semver.satisfies(version, range, { includePrerelease: true })) found.push({ ids, title });
    }
    return found;
  }

  #read(files) {
    return files.map((file) => {
      const { status, stdout, stderr } = spawnSync('git', ['show', `HEAD:${file}`], {
        cwd: this.clone,
        encoding: 'utf8',
      });
      if (status !== 0) throw new Error(tail(stderr));
      return parse(stdout, file);
    });
  }
}
