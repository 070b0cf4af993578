/** What is left of a picture before it is sent. Spec: spec/files.md, "Pictures". */
import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { cleanPicture } from "../src/picture/clean-picture.ts";
import { isDrawable, pictureSize } from "../src/picture/picture-size.ts";

/** 16 by 8 pixels, as Chromium's canvas writes them: JPEG and WebP with its colour profile. */
const JPEG = Buffer.from(
  "/9j/4AAQSkZJRgABAQAAAQABAAD/4gHYSUNDX1BST0ZJTEUAAQEAAAHIAAAAAAQwAABtbnRyUkdCIFhZWiAH4AABAAEAAAAAAABh" +
    "Y3NwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAQAA9tYAAQAAAADTLQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" +
    "AAAAAAAAAAAAAAAAAAAAAAAAAAlkZXNjAAAA8AAAACRyWFlaAAABFAAAABRnWFlaAAABKAAAABRiWFlaAAABPAAAABR3dHB0AAAB" +
    "UAAAABRyVFJDAAABZAAAAChnVFJDAAABZAAAAChiVFJDAAABZAAAAChjcHJ0AAABjAAAADxtbHVjAAAAAAAAAAEAAAAMZW5VUwAA" +
    "AAgAAAAcAHMAUgBHAEJYWVogAAAAAAAAb6IAADj1AAADkFhZWiAAAAAAAABimQAAt4UAABjaWFlaIAAAAAAAACSgAAAPhAAAts9Y" +
    "WVogAAAAAAAA9tYAAQAAAADTLXBhcmEAAAAAAAQAAAACZmYAAPKnAAANWQAAE9AAAApbAAAAAAAAAABtbHVjAAAAAAAAAAEAAAAM" +
    "ZW5VUwAAACAAAAAcAEcAbwBvAGcAbABlACAASQBuAGMALgAgADIAMAAxADb/2wBDABsSFBcUERsXFhceHBsgKEIrKCUlKFE6PTBC" +
    "YFVlZF9VXVtqeJmBanGQc1tdhbWGkJ6jq62rZ4C8ybqmx5moq6T/2wBDARweHigjKE4rK06kbl1upKSkpKSkpKSkpKSkpKSkpKSk" +
    "pKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKT/wAARCAAIABADASIAAhEBAxEB/8QAFQABAQAAAAAAAAAAAAAAAAAAAAT/" +
    "xAAUEAEAAAAAAAAAAAAAAAAAAAAA/8QAFAEBAAAAAAAAAAAAAAAAAAAABP/EABgRAAMBAQAAAAAAAAAAAAAAAAAEQoHB/9oADAMB" +
    "AAIRAxEAPwCdMBCNZ0U5On//2Q==",
  "base64",
);
const PNG = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAABAAAAAICAYAAADwdn+XAAAAKklEQVR4AeyQMQ0AAAzCCJbwLwUtzAHPjj1r0rdHaSlNyWkSSz4A" +
    "3D8YAAAA//+YSvaOAAAABklEQVQDANVsJDFGE/EdAAAAAElFTkSuQmCC",
  "base64",
);
const WEBP = Buffer.from(
  "UklGRhgCAABXRUJQVlA4WAoAAAAgAAAADwAABwAASUNDUMgBAAAAAAHIAAAAAAQwAABtbnRyUkdCIFhZWiAH4AABAAEAAAAAAABh" +
    "Y3NwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAQAA9tYAAQAAAADTLQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" +
    "AAAAAAAAAAAAAAAAAAAAAAAAAAlkZXNjAAAA8AAAACRyWFlaAAABFAAAABRnWFlaAAABKAAAABRiWFlaAAABPAAAABR3dHB0AAAB" +
    "UAAAABRyVFJDAAABZAAAAChnVFJDAAABZAAAAChiVFJDAAABZAAAAChjcHJ0AAABjAAAADxtbHVjAAAAAAAAAAEAAAAMZW5VUwAA" +
    "AAgAAAAcAHMAUgBHAEJYWVogAAAAAAAAb6IAADj1AAADkFhZWiAAAAAAAABimQAAt4UAABjaWFlaIAAAAAAAACSgAAAPhAAAts9Y" +
    "WVogAAAAAAAA9tYAAQAAAADTLXBhcmEAAAAAAAQAAAACZmYAAPKnAAANWQAAE9AAAApbAAAAAAAAAABtbHVjAAAAAAAAAAEAAAAM" +
    "ZW5VUwAAACAAAAAcAEcAbwBvAGcAbABlACAASQBuAGMALgAgADIAMAAxADZWUDggKgAAAHABAJ0BKhAACAAFQHwloAJ0AUAAAP7l" +
    "adw5YN/ajCc8P/wQG3+G3gAAAA==",
  "base64",
);

/** What must not be found afterwards, wherever it was. */
const SECRET = "GPS 52.5200 13.4050 Canon SN 4711";
const MARKS = [
  SECRET,
  "ICC_PROFILE",
  "Google",
  "ICCP",
  "Exif",
  "http://ns.adobe.com/xap",
  "MotionPhoto",
  "ftypmp42",
];

// --- JPEG

const segment = (marker: number, body: Buffer): Buffer => {
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(body.length + 2, 2);
  return Buffer.concat([head, body]);
};
/** TIFF in either byte order, with an orientation and a text that says where it was taken. */
function exif(orientation: number, order: "II" | "MM" = "MM"): Buffer {
  const isLittle = order === "II";
  const tiff = Buffer.alloc(8 + 2 + 12 * 2 + 4);
  const [u16, u32] = [
    (value: number, at: number) => (isLittle ? tiff.writeUInt16LE(value, at) : tiff.writeUInt16BE(value, at)),
    (value: number, at: number) => (isLittle ? tiff.writeUInt32LE(value, at) : tiff.writeUInt32BE(value, at)),
  ];
  tiff.write(order, 0);
  u16(42, 2);
  u32(8, 4);
  u16(2, 8);
  for (const [at, tag, type, count] of [
    [10, 0x010e, 2, SECRET.length],
    [22, 0x0112, 3, 1],
  ] as const) {
    u16(tag, at);
    u16(type, at + 2);
    u32(count, at + 4);
  }
  u32(tiff.length, 18);
  u16(orientation, 30);
  return segment(0xe1, Buffer.concat([Buffer.from("Exif\0\0"), tiff, Buffer.from(SECRET)]));
}
/** Segments go where a camera puts them: before everything else. */
const jpegWith = (...more: readonly Buffer[]): Buffer =>
  Buffer.concat([JPEG.subarray(0, 2), ...more, JPEG.subarray(2)]);

const JPEGS: Readonly<Record<string, Buffer>> = {
  "as canvas writes it, with an ICC profile": JPEG,
  "Exif with GPS": jpegWith(exif(1)),
  "Exif with an embedded thumbnail": jpegWith(
    segment(0xe1, Buffer.concat([Buffer.from("Exif\0\0MM\0*\0\0\0\u0008\0\0"), JPEG, Buffer.from(SECRET)])),
  ),
  XMP: jpegWith(segment(0xe1, Buffer.from(`http://ns.adobe.com/xap/1.0/\0<x>${SECRET}</x>`))),
  "extended XMP in two": jpegWith(
    segment(0xe1, Buffer.from(`http://ns.adobe.com/xmp/extension/\0${SECRET}`)),
    segment(0xe1, Buffer.from(`http://ns.adobe.com/xmp/extension/\0${SECRET}`)),
  ),
  "IPTC in Photoshop's segment": jpegWith(segment(0xed, Buffer.from(`Photoshop 3.0\0${SECRET}`))),
  "a comment": jpegWith(segment(0xfe, Buffer.from(SECRET))),
  "a JFIF extension": jpegWith(segment(0xe0, Buffer.from(`JFXX\0${SECRET}`))),
  "a list of further pictures": jpegWith(segment(0xe2, Buffer.from(`MPF\0${SECRET}`))),
  "an Adobe segment that says more": jpegWith(segment(0xee, Buffer.from(`Adobe\0d\0\0\0\0\u0001${SECRET}`))),
  "an unknown segment": jpegWith(segment(0xeb, Buffer.from(SECRET))),
  "a trailer": Buffer.concat([JPEG, Buffer.from(SECRET)]),
  "a motion photo": Buffer.concat([
    jpegWith(segment(0xe1, Buffer.from("http://ns.adobe.com/xap/1.0/\0<x MotionPhoto='1'/>"))),
    Buffer.from(`\0\0\0\u0018ftypmp42${SECRET}`),
  ]),
  "a second picture behind the first": Buffer.concat([JPEG, jpegWith(exif(1))]),
};

// --- PNG

function pngChunk(type: string, body: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length);
  return Buffer.concat([length, Buffer.from(type), body, Buffer.alloc(4)]);
}
const HEADER_END = 8 + 25;
const pngWith = (...more: readonly Buffer[]): Buffer =>
  Buffer.concat([PNG.subarray(0, HEADER_END), ...more, PNG.subarray(HEADER_END)]);
const PNGS: Readonly<Record<string, Buffer>> = Object.fromEntries([
  ...["tEXt", "zTXt", "iTXt", "eXIf", "iCCP", "tIME", "pHYs", "gAMA", "prVt", "caBX"].map((type) => [
    `a chunk ${type}`,
    pngWith(pngChunk(type, Buffer.from(`Comment\0${SECRET}`))),
  ]),
  ["a trailer", Buffer.concat([PNG, Buffer.from(SECRET)])],
]);

// --- WebP

function riff(type: string, body: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.write(type, 0);
  head.writeUInt32LE(body.length, 4);
  return Buffer.concat([head, body, Buffer.alloc(body.length % 2)]);
}
function webpWith(...more: readonly Buffer[]): Buffer {
  const whole = Buffer.concat([WEBP, ...more]);
  whole.writeUInt32LE(whole.length - 8, 4);
  return whole;
}
const WEBPS: Readonly<Record<string, Buffer>> = {
  "as canvas writes it, with an ICC profile": WEBP,
  Exif: webpWith(riff("EXIF", Buffer.from(SECRET))),
  XMP: webpWith(riff("XMP ", Buffer.from(SECRET))),
  "an unknown chunk": webpWith(riff("abcd", Buffer.from(SECRET))),
  "a frame with a chunk of its own": webpWith(
    riff(
      "ANMF",
      Buffer.concat([Buffer.alloc(16), riff("abcd", Buffer.from(SECRET)), riff("VP8 ", Buffer.alloc(10))]),
    ),
  ),
  "a trailer": Buffer.concat([WEBP, Buffer.from(SECRET)]),
};

for (const [format, files] of Object.entries({ JPEG: JPEGS, PNG: PNGS, WebP: WEBPS }))
  for (const [what, file] of Object.entries(files))
    test(`[FT41] ${format}: nothing is left of ${what}`, () => {
      const clean = Buffer.from(cleanPicture(file) ?? assert.fail("it is a picture"));
      for (const mark of MARKS) assert.ok(!clean.includes(mark), mark);
      assert.deepEqual(pictureSize(clean), pictureSize(file), "it is as large as before");
      assert.deepEqual(cleanPicture(clean), new Uint8Array(clean), "and there is no more to remove");
      assert.ok(clean.length <= file.length);
    });

test("[FT41] pixels stay as they are", () => {
  const scanOf = (jpeg: Buffer): Buffer => jpeg.subarray(jpeg.indexOf(Buffer.from([0xff, 0xda])));
  assert.deepEqual(scanOf(Buffer.from(cleanPicture(jpegWith(exif(1))) ?? [])), scanOf(JPEG));
  assert.deepEqual(cleanPicture(PNG), new Uint8Array(PNG));
  const image = WEBP.subarray(WEBP.indexOf("VP8 "));
  assert.ok(Buffer.from(cleanPicture(WEBP) ?? []).includes(image));
});

test("[FT41] a picture that has to be turned keeps that, in a segment that says nothing else", () => {
  for (const order of ["II", "MM"] as const)
    for (let orientation = 2; orientation <= 8; orientation++) {
      const clean = Buffer.from(cleanPicture(jpegWith(exif(orientation, order))) ?? []);
      assert.ok(!clean.includes(SECRET));
      const at = clean.indexOf("Exif\0\0");
      assert.ok(at > 0);
      assert.equal(clean.readUInt16BE(at - 2), 2 + 6 + 26, "as long as one entry");
      assert.equal(clean.readUInt16BE(at + 6 + 10), 0x0112);
      assert.equal(clean.readUInt16BE(at + 6 + 18), orientation);
    }
  for (const orientation of [0, 1, 9, 255])
    assert.ok(!Buffer.from(cleanPicture(jpegWith(exif(orientation))) ?? []).includes("Exif"));
});

test("[FT42] a picture that is cut short anywhere, and what is none, are not pictures", () => {
  for (const file of [JPEG, PNG, WEBP])
    for (let length = 0; length < file.length; length++)
      assert.equal(cleanPicture(file.subarray(0, length)), undefined, `${length} of ${file.length} bytes`);
  for (const text of ["", "GIF89a", "<svg/>", "%PDF-1.7", "BM"]) {
    assert.equal(cleanPicture(Buffer.from(text)), undefined);
    assert.equal(pictureSize(Buffer.from(text)), undefined);
  }
});

test("[FT42] whatever the bytes are, looking at them gives an answer", () => {
  const beginnings = [JPEG, PNG, WEBP, Buffer.from([0xff, 0xd8]), JPEG.subarray(0, 300)];
  fc.assert(
    fc.property(
      fc.constantFrom(...beginnings),
      fc.nat(800),
      fc.uint8Array({ maxLength: 60 }),
      (file, at, bytes) => {
        const changed = Buffer.from(file);
        changed.set(bytes.subarray(0, Math.max(0, changed.length - at)), Math.min(at, changed.length));
        cleanPicture(changed);
        pictureSize(changed);
      },
    ),
    { numRuns: 2_000 },
  );
});

test("[FT40] dimensions are read before anything is decoded, and too many are refused", () => {
  assert.deepEqual(pictureSize(JPEG), { mediaType: "image/jpeg", width: 16, height: 8 });
  assert.deepEqual(pictureSize(PNG), { mediaType: "image/png", width: 16, height: 8 });
  assert.deepEqual(pictureSize(WEBP), { mediaType: "image/webp", width: 16, height: 8 });
  const bomb = Buffer.from(PNG);
  bomb.writeUInt32BE(30_000, 16);
  bomb.writeUInt32BE(30_000, 20);
  const size = pictureSize(bomb) ?? assert.fail("it has a header");
  assert.ok(!isDrawable(size));
  for (const [width, height, can] of [
    [8_000, 8_000, true],
    [8_000, 8_001, false],
    [16_384, 100, true],
    [16_385, 1, false],
    [0, 10, false],
    [10, 0, false],
  ] as const)
    assert.equal(isDrawable({ width, height }), can, `${width} by ${height}`);
});
