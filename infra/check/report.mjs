// What was checked, and what could not be.
import assert from 'node:assert/strict';

let passed = 0;
const failures = [];
const missing = [];

/** Runs one check; what it throws is a failure, and the others go on. */
export async function check(name, body) {
  try {
    await body(assert);
    passed += 1;
    console.log(`ok    ${name}`);
  } catch (error) {
    failures.push(name);
    console.log(`FAIL  ${name}\n      ${String(error.message).split('\n').slice(0, 12).join('\n      ')}`);
  }
}

/** Says that something was not checked, and why. */
export function notRun(name, why) {
  missing.push(name);
  console.log(`skip  ${name}: ${why}`);
}

/** The last line, for a program to read; the exit code says whether all is well. */
export function finish() {
  console.log(
    `CHECKED ${passed} passed, ${failures.length} failed, ${missing.length} not run: ${missing.join('; ') || '-'}`,
  );
  process.exitCode = failures.length === 0 ? 0 : 1;
}
