/**
 * How a record is kept: a version byte, then the value. An older version is migrated when it is read; a newer one is
 * refused and stays as it is. Spec: spec/client.md, "Stored records".
 */
import { concat, decode, encode, err, ok, type Codec, type Result } from "@sotto/protocol";

export type StoredFailure = "newer" | "damaged";

/** One kind of record: where its keys begin, and how its values are written. */
export type Table<T> = {
  readonly prefix: string;
  toBytes(value: T): Uint8Array<ArrayBuffer>;
  fromBytes(bytes: Uint8Array): Result<T, StoredFailure>;
};

/** Reads version `version` and gives the value as the next version would have it. */
export type Migration<T> = { readonly version: number; read(bytes: Uint8Array): Result<T, unknown> };

/** For a version that `codec` reads whole. */
export const migration = <Before, T>(
  version: number,
  codec: Codec<Before>,
  toNext: (before: Before) => T,
): Migration<T> => ({
  version,
  read(bytes) {
    const before = decode(codec, bytes);
    return before.ok ? ok(toNext(before.value)) : before;
  },
});

/** The fields but one, in their order. */
export function omit<Fields extends object, Name extends keyof Fields>(
  fields: Fields,
  name: Name,
): Omit<Fields, Name> {
  const { [name]: _, ...others } = fields;
  return others;
}

export function table<T>(
  prefix: string,
  version: number,
  codec: Codec<T>,
  migrations: readonly Migration<T>[] = [],
): Table<T> {
  return {
    prefix,
    toBytes: (value) => concat(Uint8Array.of(version), encode(codec, value)),
    fromBytes(bytes) {
      const found = bytes[0] ?? 0;
      if (found > version) return err("newer");
      const body = bytes.slice(1); // a copy: what is decoded must not hold on to the container's buffer
      const older = migrations.find((one) => one.version === found);
      if (older === undefined && found !== version) return err("damaged");
      const value = older === undefined ? decode(codec, body) : older.read(body);
      return value.ok ? ok(value.value) : err("damaged");
    },
  };
}
