/**
 * The drill for the copier of a relay in spec/threat-model.md: somebody takes the disk, the write-ahead log and the
 * output of a relay at which three people talk, while they talk, and looks for them in it. Spec: spec/promises.md.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { MemberPorts } from "@sotto/client";
import type { MlsEngine } from "@sotto/crypto";
import { credentialCodec, decode, decodeRequest, linkToCard, textToKit } from "@sotto/protocol";
import {
  acquaint,
  conversationOf,
  createFolder,
  findTraces,
  joinNodeMember,
  newCode,
  readCopy,
  send,
  startRelay,
  until,
  valueOf,
  type NodeMember,
  type RelayProcess,
  type Wanted,
} from "@sotto/testkit/e2e";

const NAMES = ["Alice of the first floor", "Bob of the second floor", "Carol of the third floor"] as const;
const ROUNDS = 5;
/** Long enough that chance finds none, short enough that a value cut into pages is found. */
const SLICE_BYTES = 24;

const folder = createFolder();
const data = join(folder.path, "relay");
const wanted: Wanted[] = [];
/** Sealed bodies as they went to the relay. */
const bodies: Uint8Array[] = [];
const people: NodeMember[] = [];
const outputs: string[] = [];
let relay: RelayProcess;

/** Some slices of a longer value: a copier who finds a part has found it. */
function parts(what: string, bytes: Uint8Array): Wanted[] {
  const step = Math.max(SLICE_BYTES, Math.floor(bytes.length / 6));
  const starts = Array.from({ length: Math.floor(bytes.length / step) }, (_, at) => at * step);
  return starts
    .filter((start) => start + SLICE_BYTES <= bytes.length)
    .map((start) => ({ what, bytes: bytes.slice(start, start + SLICE_BYTES) }));
}

/** Notes what a member's engine makes that only members may ever see. */
function spyOn(engine: MlsEngine): MlsEngine {
  return {
    ...bound(engine),
    createKeyPackage: async (device, lifetime) => {
      const made = await engine.createKeyPackage(device, lifetime);
      const { accountId, chainHead, readerKey } = valueOf(decode(credentialCodec, device.credential));
      wanted.push(
        ...parts("a KeyPackage", made.keyPackage),
        { what: "a KeyPackage's reference", bytes: made.reference },
        { what: "a leaf's signature key", bytes: device.publicKey },
        { what: "an account", bytes: accountId },
        { what: "the head of an identity chain", bytes: chainHead },
        { what: "a reader key before it is blinded", bytes: readerKey },
      );
      return made;
    },
    createGroup: (groupId, device) => {
      wanted.push({ what: "an MLS group id", bytes: groupId.slice() });
      return engine.createGroup(groupId, device);
    },
  };
}
/** An engine's methods without its object. */
const bound = (engine: MlsEngine): MlsEngine => ({
  suite: engine.suite,
  createKeyPackage: (...args) => engine.createKeyPackage(...args),
  createGroup: (...args) => engine.createGroup(...args),
  save: (...args) => engine.save(...args),
  load: (...args) => engine.load(...args),
  commit: (...args) => engine.commit(...args),
  seal: (...args) => engine.seal(...args),
  open: (...args) => engine.open(...args),
  join: (...args) => engine.join(...args),
  exportSecret: (...args) => engine.exportSecret(...args),
  epochAuthenticator: (...args) => engine.epochAuthenticator(...args),
});

const wrap = (ports: MemberPorts): MemberPorts => ({
  ...ports,
  createEngine: async (authenticate) => {
    const engine = await ports.createEngine(authenticate);
    return engine.ok ? { ok: true, value: spyOn(engine.value) } : engine;
  },
  dial: (address, circuit, events) => {
    const line = ports.dial(address, circuit, events);
    return {
      ...line,
      send: (frame) => {
        const request = decodeRequest(frame);
        if (request.ok && request.value.body.kind === "append") bodies.push(request.value.body.body.slice());
        line.send(frame);
      },
    };
  },
});

before(async () => {
  relay = await startRelay({ data });
  for (const name of NAMES) {
    wanted.push({ what: "a display name", bytes: Buffer.from(name) });
    const file = join(folder.path, name);
    people.push(await joinNodeMember({ file, name, relayUrl: relay.url, code: await newCode(data), wrap }));
  }
});
after(async () => {
  for (const person of people) await person.close();
  await relay.stop();
  folder.remove();
});

const copy = () => readCopy(data, outputs.join("") + relay.output());
/** Nothing of a person is in what a copier gets at this moment. */
const assertNothingFound = (): void => assert.deepEqual(findTraces(wanted, copy()), []);

function texts(person: NodeMember, id: string): Promise<readonly string[]> {
  return conversationOf(person.member, id).then(({ messages }) =>
    messages.flatMap(({ content }) => (content.kind === "text" ? [content.text] : [])),
  );
}

/** The relay keeps contacts and chain from here on, sealed for paper alone. */
async function backUp({ member }: NodeMember): Promise<void> {
  const shown = valueOf(await member.ask({ kind: "show-kit" }));
  assert.ok(shown.kind === "kit");
  const { recoverySeed } = valueOf(textToKit(shown.text));
  wanted.push({ what: "a recovery seed", bytes: recoverySeed.expose((bytes) => bytes.slice()) });
  wanted.push({ what: "a kit's words", bytes: Buffer.from(shown.words.slice(0, 4).join(" ")) });
  valueOf(await member.ask({ kind: "finish-kit", withContacts: true }));
  await until("the backup to be kept", () => {
    const { kit } = member.view().me;
    return kit.kind === "made" && kit.keptAt !== undefined;
  });
}

test("[PR10] three people talk, the relay dies and comes back, and no copy of it ever shows who or what", async () => {
  for (const { link } of people) {
    const card = valueOf(linkToCard(link));
    for (const name of ["accountId", "shelfKey", "postToken", "hpkeKey"] as const)
      wanted.push({ what: `the ${name} of a link`, bytes: card[name] });
  }
  const pairs = [];
  for (const [a, b] of [
    [0, 1],
    [1, 2],
    [2, 0],
  ] as const) {
    const [from, to] = [people[a]!, people[b]!];
    pairs.push({ from, to, ...(await acquaint(from, to)), said: [] as string[] });
    assertNothingFound();
  }
  for (const person of people) await backUp(person);
  assertNothingFound();
  for (let round = 0; round < ROUNDS; round++) {
    for (const [at, pair] of pairs.entries()) {
      const text = `round ${round}, pair ${at}: what nobody else may read`;
      wanted.push({ what: "what was said", bytes: Buffer.from(text) });
      pair.said.push(text);
      await send(pair.from, pair.oneToOther, text);
    }
    if (round === 2) {
      const { port } = relay;
      await relay.kill();
      outputs.push(relay.output());
      assertNothingFound();
      relay = await startRelay({ data, port });
    }
    assertNothingFound();
  }
  for (const { to, otherToOne, said } of pairs)
    await until("everything to arrive", async () => (await texts(to, otherToOne)).length >= said.length);
  for (const { to, otherToOne, said } of pairs) assert.deepEqual(await texts(to, otherToOne), said);
  assertNothingFound();
});

test("[PR10] the search finds what a relay does hold, and everything it looks for where it is", () => {
  const inbox = valueOf(linkToCard(people[0]!.link)).inboxId;
  assert.notDeepEqual(findTraces([{ what: "an inbox", bytes: inbox }], copy()), []);
  for (const one of wanted) {
    const written = Buffer.from(one.bytes);
    for (const text of [written.toString("hex"), written.toString("base64"), written.toString("base64url")]) {
      const hay = { where: "a haystack", bytes: Buffer.from(`before${text}after`) };
      assert.equal(findTraces([one], [hay]).length > 0, true);
    }
    // In the midst of something longer that was written as base64.
    const longer = Buffer.concat([Buffer.from("ab"), written, Buffer.from("c")]).toString("base64");
    assert.notDeepEqual(findTraces([one], [{ where: "a haystack", bytes: Buffer.from(longer) }]), []);
  }
});

test("[PR11] once every device has acknowledged it, no part of a sealed message is left on the relay's disk", async () => {
  assert.ok(bodies.length >= 3 * ROUNDS);
  const sealed = bodies.flatMap((body) => parts("a sealed body", body));
  await until("the relay to have forgotten", () => findTraces(sealed, copy()).length === 0);
});
