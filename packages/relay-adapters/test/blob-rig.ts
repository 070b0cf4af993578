/** A relay whose blobs lie in a folder, and requests to it exactly as given: `fetch` would tidy them up. */
import assert from "node:assert/strict";
import { once } from "node:events";
import {
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type OutgoingHttpHeaders,
} from "node:http";
import type { TestContext } from "node:test";
import { toHex, type Rung } from "@sotto/protocol";
import { createBlobs, type RelayEvent } from "@sotto/relay";
import {
  createBlobMount,
  createKeyRing,
  nativeRandom as random,
  nativeSha256,
  type BlobMountLimits,
  type ListenerLimits,
} from "@sotto/relay-adapters/node";
import { folderFor, openBlobs } from "./blob-folder.ts";
import { startRelay } from "./network-rig.ts";

export async function startBlobRelay(
  t: TestContext,
  limits: { mount?: Partial<BlobMountLimits>; listener?: Partial<ListenerLimits> } = {},
) {
  const folder = folderFor(t);
  const { store, close } = openBlobs(folder);
  const time = { ahead: 0 };
  const events: RelayEvent[] = [];
  const blobs = createBlobs({
    store,
    keyRing: createKeyRing(random(32)),
    clock: () => Date.now() + time.ahead,
    sha256: nativeSha256,
    observe: (event) => void events.push(event),
  });
  const relay = await startRelay(t, {
    mounts: [createBlobMount(blobs, limits.mount)],
    ...(limits.listener && { limits: limits.listener }),
  });
  t.after(async () => {
    await relay.stop();
    await blobs.stop();
    await close();
  });
  function grant(bytes: number, rung: Rung = "1h") {
    const blobId = random(32);
    const reply = blobs.grant("c1".repeat(32), { blobId, bytes, rung });
    assert.ok(reply.kind === "blobGranted");
    return { path: `/blob/${toHex(blobId)}`, blobId, token: toHex(reply.token) };
  }
  const ask = (method: string, path: string, headers?: OutgoingHttpHeaders, body?: Uint8Array) =>
    askAt(relay.port, method, path, headers, body);
  const put = ({ path, token }: { path: string; token: string }, offset: number, bytes: Uint8Array) =>
    ask("PUT", path, { authorization: `Bearer ${token}`, "upload-offset": offset }, bytes);
  return { ...relay, folder, store, blobs, time, blobEvents: events, grant, ask, put };
}

type Answer = { readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: Buffer };

/** With a body, `Content-Length` is its length unless the headers have another. */
async function askAt(
  port: number,
  method: string,
  path: string,
  headers: OutgoingHttpHeaders = {},
  body?: Uint8Array,
): Promise<Answer> {
  const length = body ? { "content-length": body.length } : {};
  const request = httpRequest({
    host: "127.0.0.1",
    port,
    method,
    path,
    headers: { ...length, ...headers },
    agent: false,
  });
  request.end(body);
  const [response] = (await once(request, "response")) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
  return { status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) };
}
