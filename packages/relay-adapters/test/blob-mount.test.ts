/** Blobs by HTTP, over a real listener and a folder, and what is tried against them. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { RUNG_MS, toHex } from "@sotto/protocol";
import { nativeRandom as random, rangeOf } from "@sotto/relay-adapters/node";
import { startBlobRelay } from "./blob-rig.ts";

const auth = (token: string) => ({ authorization: `Bearer ${token}` });

function dial(t: TestContext, port: number): Socket {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => undefined);
  t.after(() => socket.destroy());
  return socket;
}

test("[BL10 BL12 BL20] a blob is put in parts, told of by HEAD, and fetched whole and by ranges", async (t) => {
  const relay = await startBlobRelay(t);
  const bytes = random(3_000_000);
  const granted = relay.grant(bytes.length);
  const { path, token } = granted;
  assert.equal((await relay.ask("HEAD", path, auth(token))).headers["upload-offset"], "0");
  for (const [from, to] of [
    [0, 1],
    [1, 2_000_001],
    [2_000_001, 3_000_000],
  ] as const) {
    const { status, headers } = await relay.put(granted, from, bytes.subarray(from, to));
    assert.deepEqual([status, headers["upload-offset"]], [204, String(to)]);
    assert.equal((await relay.ask("HEAD", path, auth(token))).headers["upload-offset"], String(to));
  }
  const elsewhere = await relay.put(granted, 1, bytes.subarray(1, 9));
  assert.deepEqual([elsewhere.status, elsewhere.headers["upload-offset"]], [409, "3000000"]);
  const whole = await relay.ask("GET", path);
  assert.equal(whole.status, 200);
  assert.ok(whole.body.equals(bytes));
  const part = await relay.ask("GET", path, { range: "bytes=131071-2500000" });
  assert.deepEqual([part.status, part.headers["content-range"]], [206, "bytes 131071-2500000/3000000"]);
  assert.ok(part.body.equals(bytes.subarray(131_071, 2_500_001)));
  const beyond = await relay.ask("GET", path, { range: "bytes=3000000-" });
  assert.deepEqual([beyond.status, beyond.headers["content-range"]], [416, "bytes */3000000"]);
  const head = await relay.ask("HEAD", path);
  assert.deepEqual([head.status, head.headers["content-length"], head.body.length], [200, "3000000", 0]);
  assert.deepEqual(relay.bugs, []);
});

test("[BL20] ranges are read as RFC 9110 says, and what is none gets the whole", () => {
  for (const [header, expected] of [
    ["bytes=0-0", { from: 0, to: 1 }],
    ["bytes=5-", { from: 5, to: 10 }],
    ["bytes=5-99", { from: 5, to: 10 }],
    ["bytes=-3", { from: 7, to: 10 }],
    ["bytes=-99", { from: 0, to: 10 }],
    ["bytes=-0", "unsatisfiable"],
    ["bytes=10-", "unsatisfiable"],
    ["bytes=5-4", undefined],
    ["bytes=-", undefined],
    ["bytes=0-1,3-4", undefined],
    ["bytes=0x1-2", undefined],
    ["lines=0-1", undefined],
    ["bytes=9999999999999999-", undefined],
    [undefined, undefined],
  ] as const)
    assert.deepEqual(rangeOf(header, 10), expected, header ?? "none");
});

test("[BL2 BL21] unfinished, burned, erased, never there and no id at all have one answer", async (t) => {
  const relay = await startBlobRelay(t);
  const [unfinished, burned, erased] = [relay.grant(9), relay.grant(9, "5min"), relay.grant(9)];
  await relay.put(unfinished, 0, random(8));
  await relay.put(burned, 0, random(9));
  await relay.put(erased, 0, random(9));
  assert.equal((await relay.ask("DELETE", erased.path, auth(erased.token))).status, 204);
  assert.equal((await relay.ask("GET", burned.path)).status, 200);
  relay.time.ahead = RUNG_MS["5min"];
  const never = `/blob/${toHex(random(32))}`;
  const shown = async (...asked: Parameters<typeof relay.ask>) => {
    const { status, headers, body } = await relay.ask(...asked);
    return JSON.stringify([status, { ...headers, date: undefined }, body.toString()]);
  };
  const constant = await shown("GET", never);
  assert.match(constant, /^\[404,/);
  for (const path of [unfinished.path, burned.path, erased.path, "/blob/", "/blob/x"])
    for (const method of ["GET", "HEAD"]) assert.equal(await shown(method, path), constant, path);
  const headers = { "upload-offset": 0 };
  for (const wrong of [{}, auth(toHex(random(50))), auth(burned.token), { authorization: "Basic eA==" }]) {
    assert.equal(await shown("PUT", never, { ...headers, ...wrong }, random(3)), constant);
    assert.equal(await shown("DELETE", never, wrong), constant);
    assert.equal(await shown("PUT", unfinished.path, { ...headers, ...wrong }, random(3)), constant);
    assert.equal(await shown("DELETE", unfinished.path, wrong), constant);
  }
  assert.equal(await shown("HEAD", never, auth(burned.token)), constant);
});

test("[BL24] no path but the one spelling of an id names anything, and none leaves the folder", async (t) => {
  const relay = await startBlobRelay(t);
  const granted = relay.grant(3);
  await relay.put(granted, 0, random(3));
  const id = toHex(granted.blobId);
  const before = readdirSync(join(relay.folder, "blobs"));
  for (const path of [
    `/blob/${id.toUpperCase()}`,
    `/blob/${id}/`,
    `/blob/${id}%00`,
    `/blob/./${id}`,
    `/blob//${id}`,
    `/blob/x/../${id}`,
    `/blob/%2e%2e/relay.sqlite`,
    "/blob/../relay.sqlite",
    "/blob/..%2frelay.sqlite",
    `/blob/%${id.charCodeAt(0).toString(16)}${id.slice(1)}`,
    `/blob/${id.slice(1)}`,
    `/blob/${before[0] ?? ""}`,
  ])
    for (const method of ["GET", "PUT", "DELETE"]) {
      const headers = { ...auth(granted.token), "upload-offset": 0 };
      const { status } = await relay.ask(method, path, headers, method === "PUT" ? random(3) : undefined);
      assert.equal(status, 404, `${method} ${path}`);
    }
  assert.deepEqual(readdirSync(join(relay.folder, "blobs")), before);
  assert.equal((await relay.ask("GET", `${granted.path}?x=1`)).status, 200);
  assert.equal((await relay.ask("PATCH", granted.path)).status, 405);
});

test("[BL11] more than was granted is refused whole; without a length or an offset nothing is taken", async (t) => {
  const relay = await startBlobRelay(t);
  const granted = relay.grant(1_000);
  const { path, token } = granted;
  assert.equal((await relay.put(granted, 0, random(1_001))).status, 413);
  assert.equal((await relay.put(granted, 0, random(1_000_000))).status, 413);
  assert.equal(
    (await relay.ask("PUT", path, { ...auth(token), "upload-offset": 0, "transfer-encoding": "chunked" }))
      .status,
    411,
  );
  for (const offset of ["", "-1", "01", "1e2", "0x0", "0,0", "9".repeat(16)])
    assert.equal(
      (await relay.ask("PUT", path, { ...auth(token), "upload-offset": offset }, random(1))).status,
      400,
    );
  assert.equal((await relay.ask("PUT", path, auth(token), random(1))).status, 400);
  assert.equal((await relay.put(granted, 999_999_999_999_999, random(1))).status, 409);
  assert.equal((await relay.ask("HEAD", path, auth(token))).headers["upload-offset"], "0");
  assert.deepEqual(readdirSync(join(relay.folder, "blobs")), []);
});

test("[BL14] of two PUTs to one blob at a time the second is told to come back, and both ends agree after", async (t) => {
  const relay = await startBlobRelay(t);
  const bytes = random(300_000);
  const granted = relay.grant(bytes.length);
  const slow = dial(t, relay.port);
  slow.write(
    `PUT ${granted.path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${granted.token}\r\nUpload-Offset: 0\r\n` +
      "Content-Length: 300000\r\n\r\n",
  );
  slow.write(bytes.subarray(0, 200_000));
  await sleep(100);
  const second = await relay.put(granted, 0, random(300_000));
  assert.deepEqual([second.status, second.headers["retry-after"]], [503, "1"]);
  slow.write(bytes.subarray(200_000));
  const [answer] = (await once(slow, "data")) as [Buffer];
  assert.match(answer.toString(), /^HTTP\/1\.1 204 .*upload-offset: 300000/is);
  assert.ok((await relay.ask("GET", granted.path)).body.equals(bytes));
});

test("[BL13 BL15] a PUT that never ends is cut off in time, what came of it stays, and its place is free", async (t) => {
  const relay = await startBlobRelay(t, { listener: { headersWaitMs: 200, requestWaitMs: 300 } });
  const bytes = random(200_000);
  const granted = relay.grant(bytes.length);
  const slow = dial(t, relay.port);
  slow.write(
    `PUT ${granted.path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${granted.token}\r\nUpload-Offset: 0\r\n` +
      "Content-Length: 200000\r\n\r\n",
  );
  slow.write(bytes.subarray(0, 150_000));
  let sent = 150_000;
  const dripping = setInterval(() => slow.write(bytes.subarray(sent, ++sent)), 20);
  t.after(() => clearInterval(dripping));
  await once(slow, "close", { signal: AbortSignal.timeout(3_000) });
  clearInterval(dripping);
  await sleep(50);
  const { headers } = await relay.ask("HEAD", granted.path, auth(granted.token));
  const received = Number(headers["upload-offset"]);
  assert.ok(received >= 150_000 && received < 200_000);
  assert.equal((await relay.put(granted, received, bytes.subarray(received))).status, 204);
  assert.ok((await relay.ask("GET", granted.path)).body.equals(bytes));
  assert.deepEqual(relay.bugs, []);
});

test("[BL22] a GET that takes too long is cut off, and a range goes on with it", async (t) => {
  const relay = await startBlobRelay(t, { mount: { getMs: 300 } });
  const bytes = random(16 * 1_048_576);
  const granted = relay.grant(bytes.length);
  for (let at = 0; at < bytes.length; at += 4 * 1_048_576)
    await relay.put(granted, at, bytes.subarray(at, at + 4 * 1_048_576));
  const slow = dial(t, relay.port);
  slow.write(`GET ${granted.path} HTTP/1.1\r\nHost: x\r\n\r\n`);
  await once(slow, "readable");
  const memoryBefore = process.memoryUsage().arrayBuffers;
  await sleep(600); // takes nothing
  assert.ok(process.memoryUsage().arrayBuffers - memoryBefore < 8 * 1_048_576);
  let taken = 0;
  for await (const chunk of slow as AsyncIterable<Buffer>) taken += chunk.length;
  assert.ok(taken < bytes.length);
  const rest = await relay.ask("GET", granted.path, { range: "bytes=16000000-" });
  assert.ok(rest.body.equals(bytes.subarray(16_000_000)));
});

test("[BL30] what burns while it is fetched is not fetched to its end", async (t) => {
  const relay = await startBlobRelay(t);
  const bytes = random(16 * 1_048_576);
  const granted = relay.grant(bytes.length, "5min");
  for (let at = 0; at < bytes.length; at += 4 * 1_048_576)
    await relay.put(granted, at, bytes.subarray(at, at + 4 * 1_048_576));
  const slow = dial(t, relay.port);
  slow.write(`GET ${granted.path} HTTP/1.1\r\nHost: x\r\n\r\n`);
  await once(slow, "readable");
  relay.time.ahead = RUNG_MS["5min"];
  while (await relay.blobs.sweep());
  assert.deepEqual(readdirSync(join(relay.folder, "blobs")), []);
  let taken = 0;
  for await (const chunk of slow as AsyncIterable<Buffer>) taken += chunk.length;
  assert.ok(taken < bytes.length);
});

test("[BL22] transfers have an end of their number, and what ends makes room", async (t) => {
  const relay = await startBlobRelay(t, { mount: { transfers: 2 } });
  const [first, second, third] = [relay.grant(10), relay.grant(10), relay.grant(10)];
  const open = [first, second].map(({ path, token }) => {
    const socket = dial(t, relay.port);
    socket.write(
      `PUT ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nUpload-Offset: 0\r\nContent-Length: 10\r\n\r\nhalf.`,
    );
    return socket;
  });
  await sleep(100);
  assert.equal((await relay.put(third, 0, random(10))).status, 503);
  assert.equal((await relay.ask("GET", third.path)).status, 503);
  open[0]?.destroy();
  await sleep(100);
  assert.equal((await relay.put(third, 0, random(10))).status, 204);
});

test("[BL23] pages of any origin may read every answer, and none is kept or shown as a page", async (t) => {
  const relay = await startBlobRelay(t);
  const granted = relay.grant(3);
  const never = `/blob/${toHex(random(32))}`;
  const answers = [
    await relay.put(granted, 0, random(3)),
    await relay.put(granted, 0, random(3)),
    await relay.ask("GET", granted.path),
    await relay.ask("GET", granted.path, { range: "bytes=9-" }),
    await relay.ask("HEAD", granted.path, auth(granted.token)),
    await relay.ask("GET", never),
    await relay.ask("PATCH", never),
    await relay.ask("OPTIONS", never),
    await relay.ask("OPTIONS", granted.path),
  ];
  assert.deepEqual(
    answers.map(({ status }) => status),
    [204, 409, 200, 416, 200, 404, 405, 204, 204],
  );
  for (const { headers } of answers) {
    assert.equal(headers["access-control-allow-origin"], "*");
    assert.match(String(headers["access-control-expose-headers"]), /upload-offset/);
    assert.equal(headers["cache-control"], "no-store");
    assert.equal(headers["content-security-policy"], "default-src 'none'; sandbox");
    assert.equal(headers["x-content-type-options"], "nosniff");
  }
  const [preflight, other] = answers.slice(-2);
  assert.deepEqual({ ...preflight?.headers, date: "" }, { ...other?.headers, date: "" });
  assert.match(
    String(preflight?.headers["access-control-allow-headers"]),
    /authorization, upload-offset, range/,
  );
  assert.match(String(preflight?.headers["access-control-allow-methods"]), /PUT/);
});

test("[BL31] DELETE takes the file at once, and a late PUT does not bring it back", async (t) => {
  const relay = await startBlobRelay(t);
  const granted = relay.grant(100_000);
  await relay.put(granted, 0, random(60_000));
  assert.equal(readdirSync(join(relay.folder, "blobs")).length, 1);
  for (let times = 0; times < 2; times++)
    assert.equal((await relay.ask("DELETE", granted.path, auth(granted.token))).status, 204);
  assert.deepEqual(readdirSync(join(relay.folder, "blobs")), []);
  assert.equal((await relay.put(granted, 60_000, random(40_000))).status, 404);
  assert.equal((await relay.put(granted, 0, random(100_000))).status, 404);
});

test("[BL5 BL35] neither files, names, nor what is counted tell an id, a token or a channel", async (t) => {
  const relay = await startBlobRelay(t);
  const bytes = random(5_000);
  const granted = relay.grant(bytes.length);
  await relay.put(granted, 0, bytes);
  await relay.ask("GET", granted.path);
  await relay.ask("GET", "/blob/../../etc/passwd");
  const token = Uint8Array.fromHex(granted.token);
  const files = readdirSync(relay.folder, { recursive: true, encoding: "utf8" });
  for (const name of files) {
    assert.ok(!name.includes(toHex(granted.blobId)));
    if (statSync(join(relay.folder, name)).isDirectory()) continue;
    const content = readFileSync(join(relay.folder, name));
    for (const secret of [granted.blobId, token, Buffer.from("c1".repeat(32), "hex"), bytes.subarray(0, 32)])
      assert.ok(!content.includes(secret), name);
  }
  const counted = JSON.stringify([relay.blobEvents, relay.events]);
  assert.deepEqual(
    relay.blobEvents.map((event) => event.kind === "blob" && event.what),
    ["granted", "kept", "served"],
  );
  assert.ok(!counted.includes(toHex(granted.blobId)) && !counted.includes(granted.token));
});
