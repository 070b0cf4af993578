/**
 * A conversation that holds as much as its relay allows. Filling one takes a thousand of the longest messages, so that
 * the relay's refusal is put into the wire here; that a relay refuses so is tested where its stores are.
 * Spec: spec/promises.md, PR28.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Dial, MemberPorts } from "@sotto/client";
import { decodeRequest, encodeReply } from "@sotto/protocol";
import {
  acquaint,
  conversationOf,
  createFolder,
  joinNodeMember,
  send,
  startRelay,
  until,
  type NodeMember,
  type RelayProcess,
} from "@sotto/testkit/e2e";

const folder = createFolder();
let relay: RelayProcess;
let alice: NodeMember;
let bob: NodeMember;
let isFull = false;

/** Answers messages as a relay does whose channel is full. */
const refusing =
  (dial: Dial): Dial =>
  (address, circuit, events) => {
    const line = dial(address, circuit, events);
    return {
      ...line,
      send: (frame) => {
        const request = decodeRequest(frame);
        if (!isFull || !request.ok || request.value.body.kind !== "append") return line.send(frame);
        const refusal = encodeReply(request.value.number, { kind: "refused", code: "quotaFull", detail: 0 });
        queueMicrotask(() => events.received(refusal));
      },
    };
  };

before(async () => {
  relay = await startRelay({ data: join(folder.path, "relay") });
  const [forAlice = "", forBob = ""] = relay.codes;
  const wrap = (ports: MemberPorts): MemberPorts => ({ ...ports, dial: refusing(ports.dial) });
  const relayUrl = relay.url;
  const file = (name: string): string => join(folder.path, name);
  alice = await joinNodeMember({ file: file("alice"), name: "Alice", relayUrl, code: forAlice, wrap });
  bob = await joinNodeMember({ file: file("bob"), name: "Bob", relayUrl, code: forBob });
});
after(async () => {
  await alice.close();
  await bob.close();
  await relay.stop();
  folder.remove();
});

test("[PR28] what a full conversation does not take is kept and said so, and sent in order once it does", async () => {
  const { oneToOther, otherToOne } = await acquaint(alice, bob);
  isFull = true;
  for (const text of ["first", "second"]) await send(alice, oneToOther, text);
  const waiting = await until("the sentence to appear", async () => {
    const { messages } = await conversationOf(alice.member, oneToOther);
    return messages.find(({ problem }) => problem !== undefined);
  });
  assert.deepEqual([waiting.mark, waiting.problem], ["waiting", { kind: "quota-full" }]);
  isFull = false;
  const texts = await until("both to arrive", async () => {
    const { messages } = await conversationOf(bob.member, otherToOne);
    const found = messages.flatMap(({ content }) => (content.kind === "text" ? [content.text] : []));
    return found.length === 2 && found;
  });
  assert.deepEqual(texts, ["first", "second"]);
});
