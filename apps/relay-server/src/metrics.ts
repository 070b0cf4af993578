/** What an operator's monitoring reads at /metrics: counts and times, nothing that names anybody. */
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { RelayEvent } from "@sotto/relay";
import { isLoopback, type Mount } from "@sotto/relay-adapters/node";

export function createMetrics(ask: { readonly connections: () => number; readonly blobBytes: () => number }) {
  const exposed = new Registry();
  const registers = [exposed];
  const stored = new Counter({ name: "sotto_operations_total", help: "Operations stored.", registers });
  const batches = new Histogram({
    name: "sotto_batch_seconds",
    help: "How long a batch took to be on disk.",
    buckets: [0.0005, 0.001, 0.002, 0.005, 0.01, 0.05, 0.25, 1],
    registers,
  });
  const refused = new Counter({
    name: "sotto_refused_total",
    help: "Requests refused, by code.",
    labelNames: ["code"],
    registers,
  });
  const blobs = new Counter({
    name: "sotto_blobs_total",
    help: "Blobs granted, kept, served and erased.",
    labelNames: ["what"],
    registers,
  });
  const blobBytes = new Counter({
    name: "sotto_blob_bytes_total",
    help: "Bytes of blobs granted, kept, served and erased.",
    labelNames: ["what"],
    registers,
  });
  const happened = new Counter({
    name: "sotto_events_total",
    help: "Connections and what befell them.",
    labelNames: ["kind"],
    registers,
  });
  gauge("sotto_connections", "Open WebSockets.", ask.connections);
  gauge("sotto_blob_bytes", "What blobs that are kept or begun count for.", ask.blobBytes);
  gauge("sotto_cpu_seconds", "Processor time of this process.", () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  });
  gauge("sotto_resident_bytes", "Memory of this process.", () => process.memoryUsage.rss());

  function gauge(name: string, help: string, value: () => number): void {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(value());
      },
    });
  }

  /** For this machine alone: not through a proxy, which says whom it asks for. */
  const mount: Mount = {
    path: "/metrics",
    async serve(request, response) {
      const { remoteAddress = "" } = request.socket;
      const isForwarded = request.headers.forwarded ?? request.headers["x-forwarded-for"];
      const isLocal = isLoopback(remoteAddress) && isLocalName(request.headers.host);
      if (!isLocal || isForwarded !== undefined) return void response.writeHead(404).end();
      const text = await exposed.metrics();
      response.writeHead(200, { "content-type": exposed.contentType }).end(text);
    },
  };

  return {
    mount,
    count(event: RelayEvent): void {
      switch (event.kind) {
        case "stored":
          stored.inc(event.ops);
          return batches.observe(event.durationMs / 1_000);
        case "refused":
          return refused.inc({ code: event.code });
        case "blob":
          blobs.inc({ what: event.what });
          return blobBytes.inc({ what: event.what }, event.bytes);
        case "connected":
        case "disconnected":
        case "malformed":
        case "silent":
        case "lagging":
        case "overfull":
        case "storageFull":
        case "bug":
          return happened.inc({ kind: event.kind });
      }
    },
  };
}

/** A page that was made to reach this machine by its own name (DNS rebinding) is not this machine asking. */
const isLocalName = (host = ""): boolean => /^(?:localhost|127(?:\.\d+){3}|\[::1\])(?::\d+)?$/.test(host);
