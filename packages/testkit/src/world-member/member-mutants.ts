/**
 * Bugs planted in a client, one at a time, by what it is given: its records, its connections, its engine, its disk.
 * Each must be found by the member world. The list is in spec/simulation.md.
 */
import type { FoundMessage, Line, Ports, Records, RecordWrite } from "@sotto/client";
import type { MlsEngine } from "@sotto/crypto";
import {
  CONTENT_PROFILE,
  CONTENT_WAS_READ,
  decode,
  decodeReply,
  decodeRequest,
  encode,
  encodeReply,
  encodeRequest,
  envelope,
  ok,
  type Reply,
  type Request,
} from "@sotto/protocol";
import type { EngineMaker, MemberMutant } from "./seat.ts";

// Where a client keeps what: the prefixes of its tables.
const MESSAGES = "m/";
const ANNOTATIONS = "a/";
const OUTBOX = "o/";
const PENDING_COMMITS = "p/";
const KEY_PACKAGES = "kp/";
const GROUP_WANTS = "gw/";
const OUTGOING_POSTS = "t/";
const FILE_CHUNKS = "fc/";
const isSecrets = (key: string): boolean => key.startsWith("g/") && key.endsWith("/secrets");

const recordsMutant = (change: (records: Records) => Partial<Records>): MemberMutant => ({
  ports: ({ records }) => ({
    records: { ...recordsOf(records), ...change(records) },
  }),
});

/** Some writes never reach the disk. */
const forgetting = (isForgotten: (write: RecordWrite) => boolean): MemberMutant =>
  recordsMutant((records) => ({
    commit: (writes) => records.commit(writes.filter((one) => !isForgotten(one))),
  }));

type Ears = { readonly received: (frame: Uint8Array) => void };
type Wire = {
  /** What leaves, in the place of one frame. */
  readonly send?: (request: Request, number: number, line: Line) => Request;
  /** Told of what comes, before the client is. */
  readonly hear?: (reply: Reply, number: number, line: Line, ears: Ears) => void;
};

const wireMutant = (create: () => Wire): MemberMutant => ({
  ports: ({ dial }) => ({ dial: tapped(dial, create) }),
});

const tapped =
  (dial: Ports["dial"], create: () => Wire): Ports["dial"] =>
  (relay, circuit, events) => {
    const { send, hear } = create();
    const line: Line = dial(relay, circuit, {
      ...events,
      opened: () => events.opened(),
      ended: () => events.ended(),
      received(frame) {
        const decoded = decodeReply(frame);
        const ears = { received: (heard: Uint8Array) => events.received(heard) };
        if (decoded.ok) hear?.(decoded.value.body, decoded.value.number, line, ears);
        events.received(frame);
      },
    });
    return {
      end: () => line.end(),
      send(frame) {
        const decoded = decodeRequest(frame);
        if (!decoded.ok || send === undefined) return line.send(frame);
        const { number, body } = decoded.value;
        line.send(encodeRequest(number, send(body, number, line)));
      },
    };
  };

const engineMutant = (change: (engine: MlsEngine) => Partial<MlsEngine>): MemberMutant => ({
  engine:
    (create): EngineMaker =>
    async (authenticate, ports) => {
      const made = await create(authenticate, ports);
      if (!made.ok) return made;
      const engine = made.value;
      return ok(
        new Proxy(engine, {
          get(target, name) {
            const changed = change(target)[name as keyof MlsEngine];
            const value = changed ?? (Reflect.get(target, name, target) as unknown);
            return typeof value === "function" ? value.bind(target) : value;
          },
        }),
      );
    },
});

export const MEMBER_MUTANTS: Readonly<Record<string, MemberMutant>> = {
  /** Frames leave and views change while the commit is still on its way to the disk. */
  "sends before it has committed": recordsMutant((records) => ({
    commit(writes) {
      void records.commit(writes);
      return Promise.resolve(ok(undefined));
    },
  })),

  "drops its outbox when it starts": {
    async onBoot(records) {
      const keys = records.list(OUTBOX);
      await records.commit(keys.map((key) => ({ key, value: null })));
    },
  },

  "does not keep the ratchet's step": forgetting(({ key, value }) => isSecrets(key) && value !== null),

  "keeps the cursor before the message": recordsMutant((records) => ({
    async commit(writes) {
      const isMessage = ({ key }: RecordWrite): boolean => key.startsWith(MESSAGES);
      const first = await records.commit(writes.filter((one) => !isMessage(one)));
      return first.ok ? records.commit(writes.filter(isMessage)) : first;
    },
  })),

  "does not keep a Commit before it is sent": forgetting(({ key }) => key.startsWith(PENDING_COMMITS)),

  "does not keep its KeyPackages": {
    ...forgetting(({ key, value }) => key.startsWith(KEY_PACKAGES) && value !== null),
    isSeenWhereTheyMeet: true,
  },

  "does not burn what it keeps": forgetting(({ key, value }) => key.startsWith(MESSAGES) && value === null),

  "keeps what was said about a message that burnt": forgetting(
    ({ key, value }) => key.startsWith(ANNOTATIONS) && value === null,
  ),

  "does not keep what it says about messages": forgetting(
    ({ key, value }) => key.startsWith(ANNOTATIONS) && value !== null,
  ),

  /** Its reader forgets it in time, and its writer never hears that it is to. */
  "does not tell that it has read what burns then": engineMutant((engine) => ({
    seal(group, plaintext) {
      const said = decode(envelope, plaintext);
      if (!said.ok || said.value.contentKind !== CONTENT_WAS_READ) return engine.seal(group, plaintext);
      const silent = { ...said.value, contentKind: CONTENT_PROFILE };
      return engine.seal(group, encode(envelope, silent));
    },
  })),

  "loses the last commit with power": {
    disk: (file) => ({
      bytes: file.bytes,
      read: (at, length) => file.read(at, length),
      write: (at, bytes) => file.write(at, bytes),
      flush: () => ok(undefined),
      close: () => file.close(),
    }),
  },

  /** The wire says it has arrived: the relay forgets it. */
  "acknowledges before it has committed": wireMutant(() => ({
    hear(reply, _number, line) {
      if (reply.kind !== "pushed" || !("epoch" in reply.entry)) return;
      line.send(encodeRequest(1_000_000, { kind: "ack", handle: reply.handle, through: reply.entry.seq }));
    },
  })),

  "sends again under another messageId": (() => {
    const sent = new Map<string, number>();
    return wireMutant(() => ({
      send(request) {
        if (request.kind !== "append") return request;
        const name = request.body.toHex();
        const times = sent.get(name) ?? 0;
        sent.set(name, times + 1);
        const messageId = request.messageId.map((byte) => byte ^ times);
        return { ...request, messageId };
      },
    }));
  })(),

  "counts as delivered what was accepted": wireMutant(() => {
    const handleByNumber = new Map<number, number>();
    return {
      send(request, number) {
        if (request.kind === "append") handleByNumber.set(number, request.handle);
        return request;
      },
      hear(reply, number, _line, ears) {
        const handle = handleByNumber.get(number);
        if (reply.kind !== "accepted" || handle === undefined) return;
        const delivered: Reply = { kind: "delivered", handle, through: reply.seq };
        queueMicrotask(() => ears.received(encodeReply(0, delivered)));
      },
    };
  }),

  /** Two messages under one key. */
  "does not move its ratchet": engineMutant((engine) => ({
    async seal(group, plaintext) {
      const sealed = await engine.seal(group, plaintext);
      return { ...sealed, next: group, wipe: () => {} };
    },
  })),

  /** What has gone stays in the results, as an index would keep it that is not told. */
  "keeps finding what it once found": {
    member: (member) => {
      const once = new Map<string, FoundMessage>();
      return new Proxy(member, {
        get(target, name) {
          const value = Reflect.get(target, name, target) as unknown;
          if (name !== "openSearch") return typeof value === "function" ? value.bind(target) : value;
          const openSearch: typeof member.openSearch = (show) =>
            target.openSearch((view) => {
              for (const one of view.messages) once.set(one.key, one);
              show({ ...view, messages: [...once.values()] });
            });
          return openSearch;
        },
      });
    },
  },

  "keeps files that burnt": forgetting(({ key, value }) => key.startsWith(FILE_CHUNKS) && value === null),

  /** Its reader finds nothing there. */
  "counts a file as sent that it never put": {
    blobs: () => ({
      put: (_place, _token, offset, part) =>
        Promise.resolve({ kind: "there", received: offset + part.length }),
    }),
  },

  "does not keep what an admin wants of a group": forgetting(
    ({ key, value }) => key.startsWith(GROUP_WANTS) && value !== null,
  ),

  /** Invitations, and the admins' key. */
  "does not keep what it posts": forgetting(
    ({ key, value }) => key.startsWith(OUTGOING_POSTS) && value !== null,
  ),

  "takes one member of a group for another": engineMutant((engine) => ({
    async open(group, message) {
      const opened = await engine.open(group, message);
      if (!opened.ok || opened.value.kind !== "application") return opened;
      const { sender } = opened.value;
      const other = group.members().find(({ leaf }) => leaf !== sender.leaf && leaf !== group.ownLeaf);
      return ok({ ...opened.value, sender: other ?? sender });
    },
  })),

  "takes nobody out of a group": engineMutant((engine) => ({
    commit: (group, change) => engine.commit(group, change.kind === "remove" ? { kind: "update" } : change),
  })),

  "wipes a group before the relay accepts": engineMutant((engine) => ({
    async commit(group, change) {
      const made = await engine.commit(group, change);
      if (made.ok) made.value.wipe();
      return made;
    },
  })),
};

function recordsOf(records: Records): Records {
  return {
    get: (key) => records.get(key),
    getMany: (keys) => records.getMany(keys),
    list: (prefix, range) => records.list(prefix, range),
    commit: (writes) => records.commit(writes),
    scrub: () => records.scrub(),
    usage: () => records.usage(),
  };
}
