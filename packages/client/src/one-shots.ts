/** Requests that stand alone, by name: which are out, on which line, and which wait before they are tried again. */
import type { LineId } from "./line/line-id.ts";

export class OneShots {
  readonly #lineByName = new Map<string, LineId>();
  readonly #notBeforeByName = new Map<string, number>();

  isOut(name: string): boolean {
    return this.#lineByName.has(name);
  }

  sent(name: string, line: LineId): void {
    this.#lineByName.set(name, line);
  }

  /** Answered; not tried again before `notBefore`, if at all. */
  back(name: string, notBefore = 0): void {
    this.#lineByName.delete(name);
    if (notBefore > 0) this.#notBeforeByName.set(name, notBefore);
    else this.#notBeforeByName.delete(name);
  }

  notBefore(name: string): number {
    return this.#notBeforeByName.get(name) ?? 0;
  }

  lost(line: LineId): void {
    for (const [name, on] of this.#lineByName) if (on === line) this.#lineByName.delete(name);
  }
}
