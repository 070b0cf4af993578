import assert from "node:assert/strict";
import type { RequestListener } from "node:http";
import { join } from "node:path";
import { after, before, test, type TestContext } from "node:test";
import { randomBytes as random } from "@sotto/client-adapters/node";
import { listenGuardian, startGuardian } from "@sotto/guardian-adapters/node";
import { sealRequest } from "@sotto/oprf";
import {
  CARRY_PATH,
  decode,
  encode,
  fromHex,
  guardianAnswerCodec,
  guardianRequestCodec,
  UNLOCK_OFFER_PATH,
  type GuardianAddress,
} from "@sotto/protocol";
import { createCarriageMount, createUnlockOfferMount, pagePolicyHeaders } from "@sotto/relay-adapters/node";
import { openWindow, type Window } from "@sotto/testkit/browser";
import { createFolder, serve } from "@sotto/testkit/e2e";
import { build } from "vite";

const MS_MAX = 60_000;
const SCRIPT = { "content-type": "text/javascript" };
/** Bytes go in and out as hex. */
const PAGE_SCRIPT = `import { createCarry, fetchUnlockOffer } from "./carry.js";
  globalThis.hasOffer = async (relay) => (await fetchUnlockOffer(relay)) !== undefined;
  globalThis.carry = async (relay, gid, url, envelope) => {
    const answer = await createCarry(relay)({ gid: Uint8Array.fromHex(gid), url }, Uint8Array.fromHex(envelope));
    return answer?.toHex();
  };
  document.body.append("ready");`;

let window: Window;
let carryScript: string;
before(async () => {
  const built = await build({
    configFile: false,
    logLevel: "silent",
    build: {
      write: false,
      target: "es2024",
      lib: {
        entry: join(import.meta.dirname, "../src/carry.ts"),
        formats: ["es"],
        fileName: () => "carry.js",
      },
    },
  });
  const [bundle] = Array.isArray(built) ? built : [built];
  assert.ok(bundle && "output" in bundle && "code" in bundle.output[0]);
  carryScript = bundle.output[0].code;
  window = await openWindow();
});
after(() => window.close());

/** What serves the page, under its policy or under none. */
const pageListener =
  (headers: Record<string, string>): RequestListener =>
  ({ url = "" }, response) => {
    if (url === "/carry.js") response.writeHead(200, { ...headers, ...SCRIPT }).end(carryScript);
    else if (url === "/page.js") response.writeHead(200, { ...headers, ...SCRIPT }).end(PAGE_SCRIPT);
    else {
      response.writeHead(200, { ...headers, "content-type": "text/html" });
      response.end(
        `<!doctype html><link rel="icon" href="data:,"><script type="module" src="page.js"></script>`,
      );
    }
  };

/** A guardian, and a relay with its handset in whose process it is. */
async function startPlace(t: TestContext) {
  const onBug = (error: unknown): never => assert.fail(String(error));
  const folder = createFolder();
  const path = join(folder.path, "guardian");
  const started = await startGuardian({ path, peers: [], onServed: () => undefined, onBug });
  assert.ok(started.ok);
  const { gid, gx, mount, answer } = started.value;
  const listener = await listenGuardian(mount, { host: "127.0.0.1", port: 0, onBug });
  assert.ok(listener.ok);
  t.after(async () => {
    await listener.value.close();
    await started.value.stop();
    folder.remove();
  });
  const guardian: GuardianAddress = { gid, gx, url: `http://127.0.0.1:${listener.value.port}` };
  const lock = { passphrase: "allowed", lockIdleMsMax: 120_000, lockHiddenMsMax: 30_000 } as const;
  const offer = createUnlockOfferMount(() => ({
    threshold: 1,
    guardians: [guardian],
    isTrial: true,
    ...lock,
  }));
  const carriage = createCarriageMount([{ gid, ask: answer }]);
  const page = pageListener(pagePolicyHeaders());
  const { url: relay } = await serve(t, (request, response) => {
    const { url = "" } = request;
    if (url === UNLOCK_OFFER_PATH) void offer.serve(request, response, url);
    else if (url.startsWith(CARRY_PATH)) void carriage.serve(request, response, url);
    else page(request, response);
  });
  return { guardian, relay };
}

/** Whether the page got the guardian's answer. */
async function asks(page: Window["page"], relay: string, guardian: GuardianAddress): Promise<boolean> {
  const hello = encode(guardianRequestCodec, { kind: "hello", rid: random(16) });
  const sealed = await sealRequest(guardian, hello, "ordinary");
  assert.ok(sealed);
  const told = [relay, guardian.gid.toHex(), guardian.url, sealed.envelope.toHex()];
  const carried: unknown = await page.evaluate(`carry(...${JSON.stringify(told)})`);
  if (typeof carried !== "string") return false;
  const opened = sealed.openAnswer(fromHex(carried));
  const answer = opened && decode(guardianAnswerCodec, opened);
  return answer?.ok === true && answer.value.kind === "challenge";
}

async function openPage(origin: string): Promise<Window["page"]> {
  const page = await window.context.newPage();
  await page.goto(origin);
  await page.getByText("ready").waitFor();
  return page;
}

test(
  "[FD23 GC11] a page asks guardians by way of the relay that serves it, and reaches none in the clear past it",
  { timeout: MS_MAX },
  async (t) => {
    const { guardian, relay } = await startPlace(t);
    const page = await openPage(relay);
    assert.equal(await page.evaluate(`hasOffer(${JSON.stringify(relay)})`), true);
    assert.ok(await asks(page, relay, { ...guardian, url: "http://127.0.0.1:1" }));
    assert.deepEqual(window.complaints, []);
    const gone = "https://127.0.0.1:1";
    assert.equal(await page.evaluate(`hasOffer(${JSON.stringify(gone)})`), false);
    assert.ok(!(await asks(page, gone, guardian)));
    await page.close();
  },
);

test(
  "[GC10 GE5] a page of another origin may have the offer and the carriage, and may ask the guardian itself",
  { timeout: MS_MAX },
  async (t) => {
    const { guardian, relay } = await startPlace(t);
    // Without a policy of its own, which would hold it to its origin and TLS.
    const page = await openPage((await serve(t, pageListener({}))).url);
    assert.equal(await page.evaluate(`hasOffer(${JSON.stringify(relay)})`), true);
    assert.ok(await asks(page, relay, { ...guardian, url: "http://127.0.0.1:1" }));
    assert.ok(await asks(page, "http://127.0.0.1:1", guardian));
    await page.close();
  },
);
