/**
 * `./sotto bench client [--json]`: what a message costs the two clients of a conversation, what somebody waits for at
 * the handset, and how much the browser fetches. How each is taken and how to read it: docs/performance.md.
 */
import { resolve } from "node:path";
import { buildHandset } from "../scripts/handset.ts";
import { measureBacklog } from "./client-backlog.ts";
import { measureHandset } from "./client-handset.ts";
import { measureMessages } from "./client-messages.ts";
import { measureSearch } from "./client-search.ts";

const KIB = 1024;

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
/** The value that all but one in a hundred are below. */
const highest = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length * 0.99)] ?? Number.NaN;
const sum = (values: readonly number[]): number => values.reduce((total, one) => total + one, 0);
const milliseconds = (values: readonly number[]): number => Math.round(median(values) * 100) / 100;
const kilobytes = (bytes: number): number => Math.round((bytes / KIB) * 10) / 10;

async function measure(): Promise<Readonly<Record<string, number>>> {
  if ((await buildHandset(resolve(import.meta.dirname, ".."))) === "failed")
    throw new Error("there is no handset to measure");
  const message = await measureMessages();
  const handset = await measureHandset();
  const backlog = await measureBacklog();
  const search = await measureSearch();
  return {
    seal_ms: milliseconds(message.sealMs),
    open_ms: milliseconds(message.openMs),
    commit_ms: milliseconds(message.commitMs),
    /** What somebody waits for: sealing and opening, each with the commit that goes before it leaves. */
    message_ms: milliseconds([
      median(message.sealMs) +
        median(message.openMs) +
        median(message.sealCommitMs) +
        median(message.openCommitMs),
    ]),
    /** Every commit that one message costs its sender and its receiver together. */
    commits_per_message_ms: milliseconds(message.commitsMs),
    lock_screen_ms: milliseconds(handset.lockScreenMs),
    list_ms: milliseconds(handset.listMs),
    conversation_10k_ms: milliseconds(handset.conversationMs),
    handset_gzip_kb: kilobytes(handset.handsetGzipBytes),
    /** Frames a second while 1,000 messages arrive, and how long all but one in a hundred of them last at most. */
    backlog_fps: Math.round((1_000 * backlog.frameMs.length) / sum(backlog.frameMs)),
    backlog_frame_ms_p99: milliseconds([highest(backlog.frameMs)]),
    backlog_s: Math.round(median(backlog.arrivalMs) / 100) / 10,
    search_ms_100k: milliseconds(search.searchMs),
    search_reading_ms_100k: Math.round(search.readingMs),
    lock_screen_gzip_kb: kilobytes(handset.lockScreenGzipBytes),
    on_demand_gzip_kb: kilobytes(handset.onDemandGzipBytes),
  };
}

const metrics = await measure();
if (process.argv.includes("--json")) console.log(JSON.stringify({ bench: "client", metrics }));
else console.table(metrics);
