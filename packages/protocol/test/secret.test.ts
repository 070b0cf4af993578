import assert from "node:assert/strict";
import { Console } from "node:console";
import { Writable } from "node:stream";
import { test } from "node:test";
import { format, inspect } from "node:util";
import { InvariantError, Secret } from "@sotto/protocol";

const MARK = "top secret key!!";
const markBytes = (): Uint8Array => Uint8Array.from(Buffer.from(MARK));

function consoleOutput(print: (out: Console) => void): string {
  let written = "";
  const stream = new Writable({
    write(chunk, _encoding, done) {
      written += String(chunk);
      done();
    },
  });
  print(new Console(stream, stream));
  return written;
}

test("no way of printing a secret shows its bytes", () => {
  const secret = new Secret(markBytes());
  const shown = [
    // oxlint-disable-next-line typescript/restrict-template-expressions -- the accident this is about
    `${secret}`,
    String(secret),
    "" + secret,
    JSON.stringify({ secret }),
    inspect(secret, { showHidden: true, depth: 9, getters: true }),
    format("%s %o %O %j", secret, secret, secret, secret),
    consoleOutput((out) => out.log(secret, { secret }, [secret])),
    consoleOutput((out) => out.dir(secret, { showHidden: true })),
    consoleOutput((out) => out.table([secret])),
    inspect(new Error("with a cause", { cause: secret })),
    JSON.stringify(structuredClone(Object.assign({}, secret))),
    Object.entries(secret).join(),
    Reflect.ownKeys(secret).join(),
  ];
  const forms = [
    MARK,
    markBytes().toHex(),
    markBytes().toBase64(),
    "116, 111, 112",
    "116,111,112",
    "74 6f 70",
  ];
  for (const text of shown) for (const form of forms) assert.ok(!text.includes(form), text);
  assert.equal(shown[0], "[secret]");
  assert.equal(shown[3], '{"secret":"[secret]"}');
});

test("a secret shows its bytes to whoever asks for them by name", () => {
  assert.equal(
    new Secret(markBytes()).expose((bytes) => bytes.toHex()),
    markBytes().toHex(),
  );
});

test("wiping clears the very bytes that were given, and ends their use", () => {
  const bytes = markBytes();
  const secret = new Secret(bytes);
  secret.wipe();
  assert.ok(bytes.every((byte) => byte === 0));
  assert.throws(() => secret.expose(() => {}), InvariantError);
  secret.wipe(); // a second time changes nothing
});
