/** How expected failures travel. What a peer, a disk, a network or a person can cause is a value; a bug is thrown. */
export type Result<T, E> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: E };

export const ok = <T>(value: T): Result<T, never> => ({ ok: true, value });
export const err = <E>(error: E): Result<never, E> => ({ ok: false, error });

/** Thrown only for a bug of ours: never for anything a peer, a disk or a person can cause. */
export class InvariantError extends Error {
  override name = "InvariantError";
}

export function assert(condition: boolean, invariant: string): asserts condition {
  if (!condition) throw new InvariantError(invariant);
}

/** Makes a forgotten case of a union a compile-time error. */
export function unreachable(value: never): never {
  throw new InvariantError(`unhandled case: ${String(value)}`);
}
