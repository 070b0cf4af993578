/**
 * What one test file reports to `scripts/test.ts`: a line of JSON for each test that ended, and a last one
 * that says that the file came to its end. Without that line it did not.
 */
import { inspect } from "node:util";

export type FileEvent =
  | { readonly kind: "passed"; readonly name: string }
  | { readonly kind: "skipped"; readonly name: string; readonly why: string }
  | { readonly kind: "failed"; readonly name: string; readonly why: string }
  | { readonly kind: "ended" };

/** The events of node:test that matter here; of the others only that they have another type. */
export type NodeEvent =
  | { readonly type: "test:start"; readonly data: { readonly name: string; readonly nesting: number } }
  | { readonly type: "test:pass" | "test:fail"; readonly data: Ended }
  | { readonly type: "test:summary" };
type Ended = {
  readonly name: string;
  readonly nesting: number;
  readonly skip?: string | boolean;
  readonly todo?: string | boolean;
  readonly details: { readonly type?: string; readonly error?: Error & { readonly failureType?: string } };
};

/** Suites are not counted, unless one fails by itself, in a hook; nor is a failure that repeats a child's. */
export function resultOf(
  outcome: "test:pass" | "test:fail",
  ended: Ended,
  name: string,
): FileEvent | undefined {
  const { details, skip, todo } = ended;
  const left = skip ?? todo ?? false;
  if (left !== false) return { kind: "skipped", name, why: typeof left === "string" ? left : "" };
  if (details.error?.failureType === "subtestsFailed") return undefined;
  if (outcome === "test:fail") {
    return { kind: "failed", name, why: inspect(details.error?.cause ?? details.error) };
  }
  return details.type === "suite" ? undefined : { kind: "passed", name };
}

export async function* report(events: AsyncIterable<NodeEvent>): AsyncGenerator<FileEvent> {
  const path: string[] = [];
  for await (const event of events) {
    switch (event.type) {
      case "test:start":
        path.splice(event.data.nesting, Infinity, event.data.name);
        break;
      case "test:pass":
      case "test:fail": {
        const { name, nesting } = event.data;
        const result = resultOf(event.type, event.data, [...path.slice(0, nesting), name].join(" › "));
        if (result !== undefined) yield result;
        break;
      }
      case "test:summary":
        yield { kind: "ended" };
    }
  }
}

/** node:test asks a reporter to be the default export. */
export default async function* reportLines(events: AsyncIterable<NodeEvent>): AsyncGenerator<string> {
  for await (const event of report(events)) yield `${JSON.stringify(event)}\n`;
}
