/**
 * A member's client at work: takes one event at a time, lets the machines decide, commits what they wrote, and only
 * then lets views change and frames leave. Spec: spec/client.md, CL1 to CL9.
 */
import { assert, err, fromHex, InvariantError, toHex, unreachable, type Result } from "@sotto/protocol";
import type { Authenticate, MlsEngine } from "@sotto/crypto";
import { safetyNumber } from "@sotto/verify";
import { Agenda } from "./agenda.ts";
import { newHighest } from "./believed-time.ts";
import { believedNow, forgetKeys, type Core } from "./core.ts";
import { Display } from "./display.ts";
import { isInStep } from "./in-step.ts";
import { newInboxSession } from "./inbox/session.ts";
import { readFile, type TakePiece } from "./file/read-file.ts";
import { Transfers, type Next } from "./file/transfers.ts";
import { attach, supply } from "./file/upload.ts";
import { decideIntent, inConversation, messageIdOf, refusal } from "./intents.ts";
import { Lines, type LineHappening } from "./lines.ts";
import { drive, everythingIn, lose, take } from "./machines.ts";
import { Finder } from "./finding/finder.ts";
import type { Member, OpenConversation, OpenSearch } from "./member.ts";
import { OneShots } from "./one-shots.ts";
import type { BlobTransport, CommitFailure, FileSource, Ports } from "./ports.ts";
import type { Problem } from "./problems.ts";
import { EventQueue } from "./queue.ts";
import type { Resident } from "./resident.ts";
import { annotations } from "./stored/annotation.ts";
import { conversations } from "./stored/conversation.ts";
import { fileChunks } from "./stored/file.ts";
import { items } from "./stored/message.ts";
import { profiles } from "./stored/profile.ts";
import { FIRST_SCRUB_MS, NOT_SCRUBBED } from "./scrub.ts";
import { NOT_SWEPT } from "./sweep.ts";
import { Turn } from "./turn.ts";
import type {
  Answer,
  Attaching,
  ConversationId,
  ConversationView,
  Intent,
  MessageKey,
  SafetyNumberView,
  SearchView,
} from "./views.ts";

export type MemberPorts = Ports & {
  readonly blobs: BlobTransport;
  /** Finds a file again that was chosen before a restart, by its `origin`. Without it the person chooses it again. */
  readonly openSource?: (origin: string) => Promise<FileSource | undefined>;
  /** Made once the profile is read, because the chains in it decide whom MLS authenticates. */
  readonly createEngine: (authenticate: Authenticate) => Promise<Result<MlsEngine, "cryptoUnsupported">>;
};

/** Things looked at in one turn; the rest follow in turns of their own. */
const DRIVES_PER_TURN = 64;
const PAUSE_MS = 15_000;
/** Events that wait: a relay that sends faster than a device can take in is left, and asked again later. */
const EVENTS_MAX = 10_000;

type Event =
  | LineHappening
  | { readonly kind: "drive"; readonly names: readonly string[] }
  | { readonly kind: "alarm" }
  | { readonly kind: "ask"; readonly decide: Decide; readonly asked: Asked }
  | { readonly kind: "work"; readonly decide: Next; readonly done: (isStored: boolean) => void }
  | { readonly kind: "run"; readonly run: () => Promise<void> };
type Decide = (core: Core, turn: Turn) => Promise<Result<Answer, Problem>> | Result<Answer, Problem>;
type Asked = PromiseWithResolvers<Result<Answer, Problem>>;

export class RunningMember implements Member {
  readonly #ports: MemberPorts;
  readonly #core: Core;
  readonly #queue: EventQueue<Event>;
  readonly #display: Display;
  readonly #finder: Finder;
  #isClosed = false;
  #waiting: (() => void)[] = [];

  constructor(ports: MemberPorts, resident: Resident, own: Pick<Core, "self" | "book" | "engine">) {
    this.#ports = ports;
    const agenda = new Agenda();
    this.#queue = new EventQueue((event) => this.#handle(event));
    const lines = new Lines({
      ...ports,
      agenda,
      happened: (event) => this.#happened(event),
      lost: (id) => lose(this.#core, id),
    });
    this.#core = {
      ...own,
      records: ports.records,
      randomBytes: ports.randomBytes,
      resident,
      groups: new Map(),
      agenda,
      lines,
      sessions: new Map(),
      epochKeys: new Map(),
      oneShots: new OneShots(),
      transfers: new Transfers({ ...ports, inTurn: (decide) => this.#inTurn(decide) }),
      inbox: newInboxSession(),
      handles: new Map(),
      attested: undefined,
      storageProblem: undefined,
      pausedUntil: 0,
      probes: 0,
      sweep: NOT_SWEPT,
      scrub: NOT_SCRUBBED,
    };
    agenda.want("scrub", ports.clock() + FIRST_SCRUB_MS);
    this.#display = new Display(this.#core, ports.clock);
    this.#finder = new Finder(this.#core, ports.clock);
  }

  /** Forgets what is due before anything is shown, then takes up everything that was under way. */
  async start(): Promise<void> {
    this.#queue.add({ kind: "drive", names: ["burn"] });
    await this.#queue.idle();
    const all = new Set(this.#core.resident.values(conversations).keys());
    await this.#display.refresh(all, all);
    this.#queue.add({ kind: "drive", names: everythingIn(this.#core.resident) });
  }

  #happened(event: LineHappening): void {
    const isFlood = event.kind === "line-frame" && this.#queue.length >= EVENTS_MAX;
    if (isFlood) this.#core.lines.abandon(event.id, undefined);
    else this.#queue.add(event);
  }

  view = () => this.#display.view;
  onView: Member["onView"] = (show) => this.#display.onView(show);

  ask = (intent: Intent): Promise<Result<Answer, Problem>> =>
    this.#ask((core, turn) => decideIntent(core, turn, intent));

  attach(file: Attaching): Promise<Result<Answer, Problem>> {
    const { to, replyTo } = file;
    const answers = replyTo === undefined ? undefined : messageIdOf(replyTo);
    return this.#ask((core, turn) =>
      inConversation(
        turn,
        to,
        (number) => refusal(core, turn, number) ?? attach(core, turn, number, { ...file, answers }),
      ),
    );
  }

  supply(id: ConversationId, key: MessageKey, source: FileSource): Promise<Result<Answer, Problem>> {
    return this.#ask((core, turn) =>
      inConversation(turn, id, (number) => supply(core, turn, `${number}/${key}`, source)),
    );
  }

  async readFile(
    id: ConversationId,
    key: MessageKey,
    take: TakePiece,
    from = 0,
  ): Promise<Result<void, Problem>> {
    const number = this.#numberOf(id);
    if (number === undefined || messageIdOf(key) === undefined) return err({ kind: "message-gone" });
    return readFile(this.#core, number, key, take, from);
  }

  #ask(decide: Decide): Promise<Result<Answer, Problem>> {
    if (this.#isClosed) return Promise.resolve(err({ kind: "device-failing" }));
    const asked = Promise.withResolvers<Result<Answer, Problem>>();
    if (this.#queue.hasFailed) asked.reject(new InvariantError("a bug has ended this member"));
    else this.#queue.add({ kind: "ask", decide, asked }, true);
    return asked.promise;
  }

  async openConversation(
    id: ConversationId,
    show: (view: ConversationView) => void,
  ): Promise<OpenConversation | undefined> {
    const number = this.#numberOf(id);
    if (number === undefined || this.#isClosed) return undefined;
    const window = await this.#inQueue(() => this.#display.windows.open(number, show));
    return {
      loadOlder: () => this.#inQueue(() => this.#display.windows.grow(window)),
      loadNewer: () => this.#inQueue(() => this.#display.windows.growNewer(window)),
      goTo: (spot) => this.#inQueue(() => this.#display.windows.goTo(window, spot)),
      close: () => this.#display.windows.close(window),
    };
  }

  async openSearch(show: (view: SearchView) => void): Promise<OpenSearch | undefined> {
    if (this.#isClosed) return undefined;
    const finder = this.#finder;
    const search = await this.#inQueue(() => Promise.resolve(finder.open(show)));
    this.#readForSearch();
    return {
      find: (query) => this.#inQueue(() => finder.find(search, query)),
      more: () => this.#inQueue(() => finder.more(search)),
      close: () => finder.close(search),
    };
  }

  /** Step by step, after whatever else there is to do. */
  #readForSearch(): void {
    if (this.#isClosed || !this.#finder.isReading) return;
    const run = async (): Promise<void> => {
      await this.#finder.readOn();
      this.#readForSearch();
    };
    this.#queue.add({ kind: "run", run });
  }

  /** Reading takes its turn too, so that nothing is shown that a turn under way is about to change. */
  #inQueue<T>(run: () => Promise<T>): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    this.#queue.add({ kind: "run", run: () => run().then(resolve, reject) }, true);
    return promise;
  }

  /** False: it was not stored, and so has not happened. */
  #inTurn(decide: Next): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    if (this.#isClosed || this.#queue.hasFailed) resolve(false);
    else this.#queue.add({ kind: "work", decide, done: resolve });
    return promise;
  }

  #numberOf(id: ConversationId): string | undefined {
    for (const [number, conversation] of this.#core.resident.values(conversations))
      if (toHex(conversation.id) === id) return number;
    return undefined;
  }

  safetyNumber(id: ConversationId): SafetyNumberView | undefined {
    if (this.#numberOf(id) === undefined) return undefined;
    const chain = this.#core.book.of(fromHex(id));
    return chain && safetyNumber(this.#core.self.verified, chain);
  }

  inStep(): Promise<void> {
    if (isInStep(this.#core, this.#ports.clock())) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #tellWhoWaits(): void {
    if (this.#waiting.length === 0 || !isInStep(this.#core, this.#ports.clock())) return;
    for (const resolve of this.#waiting) resolve();
    this.#waiting = [];
  }

  idle(): Promise<void> {
    return this.#queue.idle();
  }

  async close(): Promise<void> {
    await this.#inQueue(() => {
      this.#isClosed = true;
      this.#core.lines.restAll();
      this.#core.transfers.wakeAll();
      this.#ports.alarm.clear();
      this.#finder.forget();
      forgetKeys(this.#core);
      return Promise.resolve();
    });
  }

  async #handle(event: Event): Promise<void> {
    // A device that slept shows nothing that burned meanwhile (CL70).
    let isPurged = true;
    while (isPurged && !this.#isClosed && this.#core.agenda.isDue("burn", this.#ports.clock()))
      isPurged = await this.#take({ kind: "drive", names: ["burn"] });
    if (event.kind === "run") return event.run();
    try {
      await this.#take(event);
    } catch (bug) {
      if (event.kind === "ask") event.asked.reject(bug);
      if (event.kind === "work") event.done(false);
      throw bug;
    }
  }

  /** False: it could not be stored, and so has not happened. */
  async #take(event: Exclude<Event, { kind: "run" }>): Promise<boolean> {
    if (this.#isClosed) {
      if (event.kind === "ask") event.asked.resolve(err({ kind: "device-failing" }));
      if (event.kind === "work") event.done(false);
      return false;
    }
    const turn = this.#begin();
    const answer = await this.#decide(turn, event);
    await this.#driveTouched(turn);
    if (turn.hasWrites) this.#noteTime(turn, turn.hasBurned ? 1 : undefined);
    const committed = await turn.commit();
    if (!committed.ok && turn.hasBurned)
      await turn.commitErasures(items.prefix, annotations.prefix, fileChunks.prefix);
    if (!committed.ok) this.#failStorage(committed.error);
    else if (turn.hasWrites) this.#haveStored();
    await this.#display.refresh(turn.changedRows, turn.changedItems);
    const isListChanged = turn.changedRows.size > 0 || turn.changedItems.size > 0;
    await this.#finder.refresh(turn.writtenKeys, isListChanged);
    // Whoever hears that it was delivered may count on its having been shown here.
    if (committed.ok) this.#perform(turn);
    if (event.kind === "work") event.done(committed.ok);
    if (event.kind === "ask") {
      assert(answer !== undefined, "an intent is answered");
      event.asked.resolve(committed.ok ? answer : err(storageProblem(committed.error)));
    }
    this.#setAlarm();
    this.#tellWhoWaits();
    return committed.ok;
  }

  #begin(): Turn {
    const { records, resident, groups } = this.#core;
    const now = this.#ports.clock();
    return new Turn({ records, resident, groups, now, believedNow: believedNow(this.#core, now) });
  }

  /** Before what burned goes, so that nobody can bring it back by the clock. */
  #noteTime(turn: Turn, stepMs?: number): void {
    const profile = turn.need(profiles, "");
    const highestTime = newHighest(turn.now, profile.highestTime, this.#core.attested, stepMs);
    if (highestTime !== undefined) turn.put(profiles, "", { ...profile, highestTime });
  }

  async #decide(
    turn: Turn,
    event: Exclude<Event, { kind: "run" }>,
  ): Promise<Result<Answer, Problem> | undefined> {
    switch (event.kind) {
      case "ask":
        return event.decide(this.#core, turn);
      case "work":
        await event.decide(this.#core, turn);
        return undefined;
      case "drive":
        turn.touch(...event.names);
        return undefined;
      case "alarm":
        turn.touch(...this.#core.agenda.takeDue(turn.now));
        return undefined;
      case "line-opened":
      case "line-ended":
      case "line-frame":
        await take(this.#core, turn, event.id, this.#core.lines.hear(event));
        return undefined;
      default:
        return unreachable(event);
    }
  }

  async #driveTouched(turn: Turn): Promise<void> {
    for (let count = 0; turn.touched.size > 0; count++) {
      const [name = ""] = turn.touched;
      turn.touched.delete(name);
      if (count < DRIVES_PER_TURN) await drive(this.#core, turn, name);
      else turn.later.add(name);
    }
  }

  #perform(turn: Turn): void {
    const core = this.#core;
    for (const { line, request, purpose } of turn.asks) core.lines.ask(line, request, purpose);
    if (turn.later.size > 0) this.#queue.add({ kind: "drive", names: [...turn.later] });
  }

  #haveStored(): void {
    this.#core.storageProblem = undefined;
    this.#core.pausedUntil = 0;
  }

  /** What was decided has not happened. It will be asked for and brought again, once there is room. */
  #failStorage(failure: CommitFailure): void {
    const core = this.#core;
    core.storageProblem = storageProblem(failure);
    core.lines.restAll();
    if (failure.kind === "failing") {
      // What is on the disk is not known: only opening the profile again tells.
      this.#isClosed = true;
      this.#ports.alarm.clear();
      return;
    }
    core.pausedUntil = this.#ports.clock() + PAUSE_MS;
    for (const name of everythingIn(this.#core.resident)) core.agenda.want(name, core.pausedUntil);
  }

  #setAlarm(): void {
    const due = this.#core.agenda.earliest();
    if (due === undefined || this.#isClosed) this.#ports.alarm.clear();
    else this.#ports.alarm.set(due, () => this.#queue.add({ kind: "alarm" }));
  }
}

const storageProblem = (failure: CommitFailure): Problem => ({
  kind: failure.kind === "full" ? "device-full" : "device-failing",
});
