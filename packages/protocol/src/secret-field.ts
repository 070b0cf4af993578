/** A fixed-length field that holds a key: in memory it is a Secret. */
import { fixed, type Codec } from "./codec.ts";
import { Secret } from "./secret.ts";

export function secretField(length: number): Codec<Secret> {
  const raw = fixed(length);
  return {
    size: () => length,
    write: (out, value) => value.expose((bytes) => raw.write(out, bytes)),
    read: (input) => new Secret(raw.read(input).slice()),
  };
}
