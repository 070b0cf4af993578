/**
 * A process to be killed: commits without end, and says on stdout what it was told is durable.
 * Run: node container-writer.ts PATH KEY_HEX REGION
 */
import { openContainer, REGION_BYTES_MIN, containerBytes, type Region } from "@sotto/crypto";
import { openNodeBlockFile, randomBytes } from "@sotto/client-adapters/node";
import { fromHex, Secret, type Result } from "@sotto/protocol";
import { writeSync } from "node:fs";

const [path = "", keyHex = "", region = "0"] = process.argv.slice(2);

function valueOf<T, E>(result: Result<T, E>): T {
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
}

const file = valueOf(openNodeBlockFile(path, containerBytes(REGION_BYTES_MIN)));
const container = valueOf(await openContainer(file, { random: randomBytes }));
const key = new Secret(fromHex(keyHex));
const records = valueOf(await container.open((region === "1" ? 1 : 0) satisfies Region, key));
const last = await records.get("count");
let count = last ? new DataView(last.buffer, last.byteOffset).getUint32(0) : 0;

for (;;) {
  count += 1;
  const value = new Uint8Array(4);
  new DataView(value.buffer).setUint32(0, count);
  const state = new Uint8Array(100 + ((count * 977) % 12_000)).fill(count);
  valueOf(
    await records.commit([
      { key: "count", value },
      { key: "state", value: state },
      { key: `message/${count % 30}`, value },
    ]),
  );
  writeSync(1, `${count}\n`);
}
