/**
 * The binary notation every wire and stored format is declared in. Spec: spec/wire.md, W1 to W5.
 * A declaration is the format: fields are written in their order, big-endian, without padding.
 */
import { assert, err, ok, type Result } from "./result.ts";

/** A wire type: how long it is, how it is written, how it is read. */
export interface Codec<T> {
  size(value: T): number;
  write(out: Writer, value: T): void;
  /** Throws Malformed, and nothing else. Call `decode`, not this. */
  read(input: Reader): T;
}
export type TypeOf<C> = C extends Codec<infer T> ? T : never;

/** Where and why bytes are not of the format. It quotes none of them. */
export class Malformed extends Error {
  override name = "Malformed";
  readonly offset: number;
  constructor(expected: string, offset: number) {
    super(`expected ${expected} at byte ${offset}`);
    this.offset = offset;
  }
}

export class Writer {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly view: DataView<ArrayBuffer>;
  at = 0;
  constructor(length: number) {
    this.bytes = new Uint8Array(length);
    this.view = new DataView(this.bytes.buffer);
  }
}

export class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  at = 0;
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
  /** A view of the input, not a copy: whoever keeps it beyond the frame's life copies it. */
  take(length: number, what: string): Uint8Array {
    const start = this.advance(length, what);
    return new Uint8Array(this.#bytes.buffer, this.#bytes.byteOffset + start, length);
  }
  u8(what = "a byte"): number {
    return this.#view.getUint8(this.advance(1, what));
  }
  u32(what = "uint32"): number {
    return this.#view.getUint32(this.advance(4, what));
  }
  isAtEnd(): boolean {
    return this.at === this.#bytes.length;
  }
  private advance(length: number, what: string): number {
    const start = this.at;
    if (start + length > this.#bytes.length) throw new Malformed(what, start);
    this.at = start + length;
    return start;
  }
}

export function encode<T>(codec: Codec<T>, value: T): Uint8Array<ArrayBuffer> {
  const out = new Writer(codec.size(value));
  codec.write(out, value);
  assert(out.at === out.bytes.length, "a codec writes as many bytes as it said");
  return out.bytes;
}

/** Total and exact: no input makes it throw, and bytes left over are refused. The value views `bytes`. */
export function decode<T>(codec: Codec<T>, bytes: Uint8Array): Result<T, Malformed> {
  const input = new Reader(bytes);
  try {
    const value = codec.read(input);
    return input.isAtEnd() ? ok(value) : err(new Malformed("end of input", input.at));
  } catch (error) {
    if (error instanceof Malformed) return err(error);
    throw error;
  }
}

export const u8: Codec<number> = {
  size: () => 1,
  write(out, value) {
    assert(Number.isInteger(value) && value >= 0 && value <= 0xff, "a u8 fits one byte");
    out.bytes[out.at++] = value;
  },
  read: (input) => input.u8(),
};

export const u32: Codec<number> = {
  size: () => 4,
  write(out, value) {
    assert(Number.isInteger(value) && value >= 0 && value <= 0xffff_ffff, "a u32 fits four bytes");
    out.view.setUint32(out.at, value);
    out.at += 4;
  },
  read: (input) => input.u32(),
};

/** Eight bytes on the wire; only safe integers are accepted. Times are milliseconds since the Unix epoch. */
export const uint: Codec<number> = {
  size: () => 8,
  write(out, value) {
    assert(Number.isSafeInteger(value) && value >= 0, "a uint is a non-negative safe integer");
    out.view.setUint32(out.at, Math.floor(value / 2 ** 32));
    out.view.setUint32(out.at + 4, value >>> 0);
    out.at += 8;
  },
  read(input) {
    const start = input.at;
    const value = input.u32("uint64") * 2 ** 32 + input.u32("uint64");
    if (!Number.isSafeInteger(value)) throw new Malformed("a safe integer", start);
    return value;
  },
};

export const bool: Codec<boolean> = {
  size: () => 1,
  write: (out, value) => void (out.bytes[out.at++] = value ? 1 : 0),
  read(input) {
    const start = input.at;
    const byte = input.u8("0 or 1");
    if (byte > 1) throw new Malformed("0 or 1", start);
    return byte === 1;
  },
};

function writeBytes(out: Writer, value: Uint8Array): void {
  out.bytes.set(value, out.at);
  out.at += value.length;
}

export function fixed(length: number): Codec<Uint8Array> {
  return {
    size: () => length,
    write(out, value) {
      assert(value.length === length, `a fixed field holds ${length} bytes`);
      writeBytes(out, value);
    },
    read: (input) => input.take(length, `${length} bytes`),
  };
}

function readLength(input: Reader, limit: number, what: string): number {
  const start = input.at;
  const length = input.u32("a length");
  if (length > limit) throw new Malformed(`at most ${limit} ${what}`, start);
  return length;
}

/** Length-prefixed bytes. Every field of variable length states its limit. */
export function opaque(limit: number): Codec<Uint8Array> {
  return {
    size: (value) => 4 + value.length,
    write(out, value) {
      assert(value.length <= limit, `an opaque field holds at most ${limit} bytes`);
      u32.write(out, value.length);
      writeBytes(out, value);
    },
    read(input) {
      const length = readLength(input, limit, "bytes");
      return input.take(length, `${length} bytes`);
    },
  };
}

const utf8Encoder = new TextEncoder();
const utf8Decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Length-prefixed UTF-8, well-formed; the limit counts bytes. */
export function text(limit: number): Codec<string> {
  const raw = opaque(limit);
  return {
    size: (value) => raw.size(utf8Encoder.encode(value)),
    write(out, value) {
      assert(value.isWellFormed(), "a text holds no lone surrogate");
      raw.write(out, utf8Encoder.encode(value));
    },
    read(input) {
      const start = input.at;
      const bytes = raw.read(input);
      try {
        return utf8Decoder.decode(bytes);
      } catch {
        throw new Malformed("UTF-8", start + 4);
      }
    },
  };
}

export function list<T>(limit: number, item: Codec<T>): Codec<readonly T[]> {
  return {
    size: (values) => values.reduce((sum, value) => sum + item.size(value), 4),
    write(out, values) {
      assert(values.length <= limit, `a list holds at most ${limit} items`);
      u32.write(out, values.length);
      for (const value of values) item.write(out, value);
    },
    read(input) {
      const length = readLength(input, limit, "items");
      // Pushed one by one: a length that lies must not allocate before its items are there.
      const values: T[] = [];
      for (let count = 0; count < length; count++) values.push(item.read(input));
      return values;
    },
  };
}

/** One byte, 0 or 1, then the value if there is one. */
export function optional<T>(codec: Codec<T>): Codec<T | undefined> {
  return {
    size: (value) => 1 + (value === undefined ? 0 : codec.size(value)),
    write(out, value) {
      bool.write(out, value !== undefined);
      if (value !== undefined) codec.write(out, value);
    },
    read: (input) => (bool.read(input) ? codec.read(input) : undefined),
  };
}

/** A byte that must have this one value: versions. */
export function constant(value: number, what: string): Codec<typeof value> {
  return {
    size: () => 1,
    write(out, given) {
      assert(given === value, "a constant is written as itself");
      u8.write(out, value);
    },
    read(input) {
      const start = input.at;
      if (input.u8(what) !== value) throw new Malformed(what, start);
      return value;
    },
  };
}

/** One byte that names one of a few words. Numbers are never reused. */
export function named<Name extends string>(numbers: Readonly<Record<Name, number>>): Codec<Name> {
  const nameByNumber = new Map<number, Name>();
  for (const name in numbers) nameByNumber.set(numbers[name], name);
  return {
    size: () => 1,
    write: (out, value) => u8.write(out, numbers[value]),
    read(input) {
      const start = input.at;
      const name = nameByNumber.get(input.u8("a known value"));
      if (name === undefined) throw new Malformed("a known value", start);
      return name;
    },
  };
}

// oxlint-disable-next-line typescript/no-explicit-any -- a codec is invariant, so no other bound fits
type Fields = { readonly [name: string]: Codec<any> };
type StructOf<F extends Fields> = { readonly [K in keyof F]: TypeOf<F[K]> };

export function struct<F extends Fields>(fields: F): Codec<StructOf<F>> {
  const entries = Object.entries(fields);
  return {
    size(value) {
      let sum = 0;
      for (const [name, codec] of entries) sum += codec.size(value[name]);
      return sum;
    },
    write(out, value) {
      for (const [name, codec] of entries) codec.write(out, value[name]);
    },
    read(input) {
      const value: Record<string, unknown> = {};
      for (const [name, codec] of entries) value[name] = codec.read(input);
      return value as StructOf<F>;
    },
  };
}

type Cases = { readonly [kind: string]: readonly [tag: number, fields: Fields] };
type UnionOf<C extends Cases> = { [K in keyof C]: { readonly kind: K } & StructOf<C[K][1]> }[keyof C];

/** One tag byte, then the fields of that case. Tags are never reused. */
export function tagged<C extends Cases>(cases: C): Codec<UnionOf<C>> {
  const all = Object.entries(cases).map(([kind, [tag, fields]]) => ({
    kind,
    tag,
    fields: Object.entries(fields),
    body: struct(fields),
  }));
  const byKind = new Map(all.map((one) => [one.kind, one]));
  const byTag = new Map(all.map((one) => [one.tag, one]));
  assert(byTag.size === all.length, "each case has a tag of its own");
  return {
    size(value) {
      const found = byKind.get(value.kind as string);
      assert(found !== undefined, "a case of the union");
      return 1 + found.body.size(value);
    },
    write(out, value) {
      const found = byKind.get(value.kind as string);
      assert(found !== undefined, "a case of the union");
      u8.write(out, found.tag);
      found.body.write(out, value);
    },
    read(input) {
      const start = input.at;
      const found = byTag.get(input.u8("a tag"));
      if (!found) throw new Malformed("a known tag", start);
      const value: Record<string, unknown> = { kind: found.kind };
      for (const [name, codec] of found.fields) value[name] = codec.read(input);
      return value as UnionOf<C>;
    },
  };
}
