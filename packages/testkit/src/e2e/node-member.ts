/**
 * A member of production parts in this process, put together where a test can lay hands on the parts: the container is
 * a real file, the lines are real sockets. Whoever needs no hands on them takes the terminal client instead.
 */
import {
  createMember,
  createProfile,
  type ConversationView,
  type Member,
  type MemberPorts,
} from "@sotto/client";
import {
  clock,
  createAlarm,
  createBlobTransport,
  createDial,
  openNodeBlockFile,
  openSource,
  randomBytes,
} from "@sotto/client-adapters/node";
import {
  containerBytes,
  createContainer,
  createTsMlsEngine,
  enrolPassphrase,
  type ProfileKey,
  type Records,
} from "@sotto/crypto";
import { assert, type Result } from "@sotto/protocol";
import { until } from "./until.ts";

const MIB = 2 ** 20;
const REGION_BYTES = 8 * MIB;

export type NodeMemberOptions = {
  /** The container's path; it must not exist. */
  readonly file: string;
  readonly name: string;
  readonly relayUrl: string;
  readonly code: string;
  readonly passphrase?: string;
  readonly regionBytes?: number;
  /** Told the ports the member will have, to put others in their place. */
  readonly wrap?: (ports: MemberPorts) => MemberPorts;
};

export type NodeMember = {
  readonly member: Member;
  readonly records: Records;
  /** What opens its region, for who is to have taken it from memory. */
  readonly profile: ProfileKey;
  /** There once the relay has taken the code. */
  readonly link: string;
  close(): Promise<void>;
};

/** Joins, and resolves once there is a contact link. */
export async function joinNodeMember(options: NodeMemberOptions): Promise<NodeMember> {
  const {
    file,
    name,
    relayUrl,
    code,
    passphrase = "correct horse battery",
    wrap = (ports) => ports,
  } = options;
  const blocks = valueOf(openNodeBlockFile(file, containerBytes(options.regionBytes ?? REGION_BYTES)));
  const container = valueOf(await createContainer(blocks, { random: randomBytes }));
  const { region, key } = valueOf(await enrolPassphrase(container, passphrase, { random: randomBytes }));
  const records = valueOf(await container.open(region, key));
  const ports = wrap({
    records,
    dial: createDial(),
    alarm: createAlarm(),
    clock,
    randomBytes,
    blobs: createBlobTransport(),
    openSource,
    createEngine: (authenticate) => createTsMlsEngine({ suite: "x-wing", authenticate, clock, randomBytes }),
  });
  valueOf(await createProfile(ports, { name, relayUrl, code, kind: "cli" }));
  const member = valueOf(await createMember(ports));
  const link = await until(`the contact link of ${name}`, () => member.view().me.link);
  return {
    member,
    records,
    profile: { region, key },
    link,
    async close() {
      await member.close();
      await records.close();
      await container.close();
    },
  };
}

/** The conversation as it is now. */
export async function conversationOf(member: Member, id: string): Promise<ConversationView> {
  const shown: { view?: ConversationView } = {};
  const window = await member.openConversation(id, (view) => (shown.view = view));
  window?.close();
  assert(shown.view !== undefined, "the conversation is there");
  return shown.view;
}

/** Adds `other` by link; resolves once each can write to the other. Gives each one's name for the other. */
export async function acquaint(
  one: NodeMember,
  other: NodeMember,
): Promise<{ readonly oneToOther: string; readonly otherToOne: string }> {
  const known = new Set(other.member.view().conversations.map(({ id }) => id));
  const added = valueOf(await one.member.ask({ kind: "add-contact", link: other.link }));
  assert(added.kind === "conversation", "adding a contact gives a conversation");
  const isReady = (member: Member, id: string): boolean =>
    member.view().conversations.some((row) => row.id === id && row.state === "ready");
  await until("the contact to be reached", () => isReady(one.member, added.id));
  const row = await until("the contact to learn of it", () =>
    other.member.view().conversations.find(({ id, state }) => !known.has(id) && state === "ready"),
  );
  return { oneToOther: added.id, otherToOne: row.id };
}

export async function send(from: NodeMember, to: string, text: string): Promise<void> {
  valueOf(await from.member.ask({ kind: "send", to, text }));
}

export function valueOf<T, E>(result: Result<T, E>): T {
  if (!result.ok) throw new Error(`unexpected: ${JSON.stringify(result.error)}`);
  return result.value;
}
