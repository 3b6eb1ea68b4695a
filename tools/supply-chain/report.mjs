// What a check came to. A check that cannot run here is no success: it is named, and fails with --strict.

export class CannotRun extends Error {}

// Columns of the table: what it came to, what was checked, and how, or why not.
const WIDTHS = [12, 64];

export class Report {
  passed = 0;
  failed = 0;
  unable = 0;

  // Runs a check: what it returns is told, what it throws is why it failed.
  check(name, work) {
    try {
      const detail = work();
      this.passed += 1;
      this.#tell('ok', name, detail);
    } catch (error) {
      const cannot = error instanceof CannotRun;
      if (cannot) this.unable += 1;
      else this.failed += 1;
      this.#tell(cannot ? 'cannot run' : 'FAILED', name, error.message);
    }
  }

  // One line, or more if there is more to say: those begin under the first.
  #tell(verdict, name, detail) {
    const indent = ' '.repeat(WIDTHS[0] + 2);
    const [first, ...rest] = String(detail ?? '').split('\n');
    console.log(verdict.padEnd(WIDTHS[0]) + name.padEnd(WIDTHS[1]) + first);
    for (const line of rest) console.log(indent + line);
  }
}
