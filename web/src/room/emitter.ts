/** Tells those who want to know that something changed; they look for themselves what. */
export class Emitter {
  readonly #listeners = new Set<() => void>();

  /** @returns how to stop */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  protected changed(): void {
    for (const listener of this.#listeners) listener();
  }
}
