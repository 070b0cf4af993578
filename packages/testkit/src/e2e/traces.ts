/**
 * Searching bytes for what must not be in them. A value is looked for as it is and in every way programs write bytes
 * down: hexadecimal in either case, both alphabets of base64 at each of its three alignments, UTF-16.
 */
export type Wanted = { readonly what: string; readonly bytes: Uint8Array };
export type Place = { readonly where: string; readonly bytes: Uint8Array };

/** Shorter values would be found by chance. */
const WANTED_BYTES_MIN = 8;

/** Each finding as a sentence; none when nothing is there. Throws for a value that is too short to search for. */
export function findTraces(wanted: readonly Wanted[], places: readonly Place[]): readonly string[] {
  const forms = wanted.flatMap(({ what, bytes }) => {
    if (bytes.length < WANTED_BYTES_MIN) throw new RangeError(`${what} is too short to search for`);
    return formsOf(bytes).map(({ form, written }) => ({ finding: `${what}, ${form}`, written }));
  });
  const formsByStart = Map.groupBy(forms, ({ written }) => written.readUInt32LE(0));
  const isStart = new Uint8Array(2 ** 16);
  for (const start of formsByStart.keys()) isStart[start & 0xffff] = 1;
  const found = new Set<string>();
  for (const { where, bytes } of places) {
    const hay = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    for (let at = 0; at + WANTED_BYTES_MIN <= hay.length; at++) {
      // Nearly every place ends here: the search looks at each byte of a copy once, however much is wanted.
      if (isStart[hay[at]! | (hay[at + 1]! << 8)] === 0) continue;
      for (const { finding, written } of formsByStart.get(hay.readUInt32LE(at)) ?? [])
        if (written.equals(hay.subarray(at, at + written.length))) found.add(`${finding}, in ${where}`);
    }
  }
  return [...found];
}

type Form = { readonly form: string; readonly written: Buffer };

function formsOf(bytes: Uint8Array): readonly Form[] {
  const raw = Buffer.from(bytes);
  const hex = raw.toString("hex");
  const texts = [
    { form: "as hexadecimal", text: hex },
    { form: "as hexadecimal", text: hex.toUpperCase() },
    ...(["base64", "base64url"] as const).flatMap((form) =>
      [0, 1, 2].map((shift) => ({ form: `as ${form}`, text: base64Within(raw, form, shift) })),
    ),
  ];
  return [
    { form: "as it is", written: raw },
    { form: "as UTF-16", written: Buffer.from(raw.toString("latin1"), "utf16le") },
    ...texts.map(({ form, text }) => ({ form, written: Buffer.from(text, "latin1") })),
  ];
}

/** What stands of `bytes` in the base64 of something longer, in which they begin `shift` bytes after a multiple of 3. */
function base64Within(bytes: Buffer, alphabet: "base64" | "base64url", shift: number): string {
  const text = Buffer.concat([Buffer.alloc(shift), bytes])
    .toString(alphabet)
    .replace(/=+$/, "");
  // The characters at either edge also hold bits of what stands beside.
  const isEven = (shift + bytes.length) % 3 === 0;
  return text.slice(shift === 0 ? 0 : shift + 1, isEven ? undefined : -1);
}
