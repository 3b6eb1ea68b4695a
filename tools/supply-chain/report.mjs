// What a check came to. A check that cannot run here is no success: it is named, and fails with --strict.

export class CannotRun extends Error {}

export class Report {
  failed = 0;
  unable = 0;

  // Runs a check: what it returns is told, what it throws is why it failed.
  check(name, work) {
    try {
      this.#tell('ok', name, work());
    } catch (error) {
      const cannot = error instanceof CannotRun;
      if (cannot) this.unable += 1;
      else this.failed += 1;
      this.#tell(cannot ? 'cannot run' : 'FAILED', name, error.message);
    }
  }

  #tell(verdict, name, detail) {
    console.log(`${verdict.padEnd(10)}  ${name}: ${String(detail ?? '').replaceAll('\n', '\n            ')}`);
  }
}
