/** What was checked. Each check, figure and picture is one JSON line on standard output. */
export class Checks {
  passed = 0;
  failed = 0;

  /** @param {string} name @param {unknown} holds @param {unknown} [found] what was there instead */
  check(name, holds, found) {
    if (holds) this.passed++;
    else this.failed++;
    this.note({ check: name, ok: Boolean(holds), ...(holds ? {} : { found }) });
  }

  /** @param {Record<string, unknown>} line */
  note(line) {
    console.log(JSON.stringify(line));
  }
}
