import { assert } from "./result.ts";

const hidden = new WeakMap<Secret, Uint8Array>();

/** Key bytes that cannot leak by accident: printing, logging, inspecting and JSON all give "[secret]" or nothing. */
export class Secret {
  declare private readonly nominal: true; // no look-alike object type-checks as a Secret

  /** Takes ownership of `bytes`: the caller keeps no other reference. */
  constructor(bytes: Uint8Array) {
    hidden.set(this, bytes);
  }

  /** The only way in. `use` must not keep the bytes. */
  expose<T>(use: (bytes: Uint8Array) => T): T {
    const bytes = hidden.get(this);
    assert(bytes !== undefined, "a wiped secret is not used again");
    return use(bytes);
  }

  /** Best effort: JavaScript gives no promise about copies. */
  wipe(): void {
    hidden.get(this)?.fill(0);
    hidden.delete(this);
  }

  toString(): string {
    return "[secret]";
  }

  toJSON(): string {
    return "[secret]";
  }
}
