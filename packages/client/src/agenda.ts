/** What is due when, by name. The one alarm of the member always rings for the earliest. */
export class Agenda {
  readonly #dueAtByName = new Map<string, number>();

  /** Only ever makes `name` come earlier; `settle` takes it off. */
  want(name: string, atMs: number): void {
    const known = this.#dueAtByName.get(name);
    if (known === undefined || atMs < known) this.#dueAtByName.set(name, atMs);
  }

  set(name: string, atMs: number | undefined): void {
    if (atMs === undefined) this.#dueAtByName.delete(name);
    else this.#dueAtByName.set(name, atMs);
  }

  isDue(name: string, now: number): boolean {
    const at = this.#dueAtByName.get(name);
    return at !== undefined && at <= now;
  }

  earliest(): number | undefined {
    let earliest: number | undefined;
    for (const at of this.#dueAtByName.values()) earliest = Math.min(earliest ?? at, at);
    return earliest;
  }

  /** The names whose time has come, in the order they were due. */
  takeDue(now: number): readonly string[] {
    const due = [...this.#dueAtByName].filter(([, at]) => at <= now).toSorted((a, b) => a[1] - b[1]);
    for (const [name] of due) this.#dueAtByName.delete(name);
    return due.map(([name]) => name);
  }
}
