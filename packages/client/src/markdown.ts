/**
 * Light markup in what people write, as a tree of plain text: bold, italic, struck out, code, quotes, lists, addresses. It
 * reads any text in one pass, never fails, and makes no HTML. Spec: spec/content.md, "Markup".
 */

export type Inline =
  | { readonly kind: "text" | "code" | "address"; readonly text: string }
  | { readonly kind: Emphasis; readonly children: readonly Inline[] };
type Emphasis = "bold" | "italic" | "strike";
export type Block =
  /** Lines as they were written, line breaks among their texts. */
  | { readonly kind: "lines" | "quote"; readonly children: readonly Inline[] }
  | { readonly kind: "code-block"; readonly text: string }
  /** `first` is the number of the first item, undefined where items have none. */
  | {
      readonly kind: "list";
      readonly first: number | undefined;
      readonly items: readonly (readonly Inline[])[];
    };

const FENCE = "```";
const ITEM = /^(?:[-*]|(\d{1,6})[.)]) +(?=\S)/;
const QUOTED = /^> ?/;

export function readMarkup(text: string): readonly Block[] {
  const lines = text.split("\n");
  const fences = lines.flatMap((line, at) => (line.startsWith(FENCE) ? [at] : []));
  const blocks: Block[] = [];
  let at = 0;
  let nextFence = 0;
  while (at < lines.length) {
    while ((fences[nextFence] ?? Infinity) < at) nextFence++;
    const close = fences[nextFence] === at ? fences[nextFence + 1] : undefined;
    const block =
      close === undefined
        ? blockAt(lines, at, fences[nextFence + 1] !== undefined)
        : codeBlock(lines, at, close);
    blocks.push(block.block);
    at = block.end;
  }
  return blocks;
}

type Read = { readonly block: Block; readonly end: number };

const codeBlock = (lines: readonly string[], from: number, close: number): Read => ({
  block: { kind: "code-block", text: lines.slice(from + 1, close).join("\n") },
  end: close + 1,
});

type LineKind = "fence" | "quote" | "bullet" | "number" | "plain";

function kindOf(line: string, maySeeFence: boolean): LineKind {
  if (maySeeFence && line.startsWith(FENCE)) return "fence";
  if (line.startsWith(">")) return "quote";
  const item = ITEM.exec(line);
  if (item === null) return "plain";
  return item[1] === undefined ? "bullet" : "number";
}

/** Lines of one kind, as many as follow each other. */
function blockAt(lines: readonly string[], from: number, maySeeFence: boolean): Read {
  const kind = kindOf(lines[from] ?? "", false);
  let end = from + 1;
  while (end < lines.length && kindOf(lines[end] ?? "", maySeeFence) === kind) end++;
  const own = lines.slice(from, end);
  return { block: toBlock(kind, own), end };
}

function toBlock(kind: LineKind, lines: readonly string[]): Block {
  switch (kind) {
    case "quote":
      return { kind: "quote", children: joined(lines.map((line) => line.replace(QUOTED, ""))) };
    case "bullet":
    case "number": {
      const number = ITEM.exec(lines[0] ?? "")?.[1];
      const items = lines.map((line) => readInline(line.replace(ITEM, "")));
      return { kind: "list", first: number === undefined ? undefined : Number(number), items };
    }
    case "fence":
    case "plain":
      return { kind: "lines", children: joined(lines) };
  }
}

const joined = (lines: readonly string[]): readonly Inline[] =>
  lines.flatMap((line, at) =>
    at === 0 ? readInline(line) : [{ kind: "text", text: "\n" }, ...readInline(line)],
  );

const MARKS = [
  ["**", "bold"],
  ["~~", "strike"],
  ["*", "italic"],
  ["_", "italic"],
] as const;

/** What is open: its mark, where it stands among the parts, and what was before it. */
type Open = { readonly mark: string; readonly kind: Emphasis; readonly parts: Inline[] };

/** Nothing here begins a mark or an address. */
const PLAIN = /[^*_~`h]+/y;

/** One line. At most one of each mark is open at a time: the tree is shallow, and every character is looked at once. */
function readInline(line: string): readonly Inline[] {
  const open: Open[] = [];
  let parts: Inline[] = [];
  let text = "";
  let at = 0;
  const lastTick = line.lastIndexOf("`");
  const flush = (): void => {
    if (text !== "") parts.push({ kind: "text", text });
    text = "";
  };
  /** It was none: its mark is text. */
  const giveUp = (one: Open): void => {
    flush();
    parts = [...one.parts, { kind: "text", text: one.mark }, ...parts];
  };
  const close = (mark: string): void => {
    let one = open.pop();
    for (; one !== undefined && one.mark !== mark; one = open.pop()) giveUp(one);
    if (one === undefined) return;
    flush();
    one.parts.push({ kind: one.kind, children: parts });
    parts = one.parts;
  };
  while (at < line.length) {
    PLAIN.lastIndex = at;
    const run = PLAIN.exec(line)?.[0] ?? "";
    if (run !== "") {
      text += run;
      at += run.length;
      continue;
    }
    const atom = atomAt(line, at, lastTick);
    if (atom !== undefined) {
      flush();
      parts.push(atom.inline);
      at = atom.end;
      continue;
    }
    const [mark, kind] = markAt(line, at, open.at(-1)?.mark);
    const isOpen = open.some((one) => one.mark === mark);
    if (kind !== undefined && isOpen && mayClose(line, at, mark)) close(mark);
    else if (kind !== undefined && !isOpen && mayOpen(line, at, mark)) {
      flush();
      open.push({ mark, kind, parts });
      parts = [];
    } else text += mark;
    at += mark.length;
  }
  for (let one = open.pop(); one !== undefined; one = open.pop()) giveUp(one);
  flush();
  return parts;
}

/** What closes the innermost is that before it is anything longer; no mark at all is the character itself. */
function markAt(line: string, at: number, innermost: string | undefined): readonly [string, Emphasis?] {
  const own = MARKS.find(([mark]) => mark === innermost && line.startsWith(mark, at));
  if (own !== undefined && mayClose(line, at, own[0])) return own;
  return MARKS.find(([mark]) => line.startsWith(mark, at)) ?? [line[at] ?? ""];
}

/** Code or an address: nothing within is looked at. `lastTick` is where the line's last backtick stands. */
function atomAt(
  line: string,
  at: number,
  lastTick: number,
): { readonly inline: Inline; readonly end: number } | undefined {
  if (line[at] === "`") {
    const tick = at < lastTick ? line.indexOf("`", at + 1) : -1;
    if (tick <= at + 1) return undefined;
    return { inline: { kind: "code", text: line.slice(at + 1, tick) }, end: tick + 1 };
  }
  const address = addressAt(line, at);
  return address === ""
    ? undefined
    : { inline: { kind: "address", text: address }, end: at + address.length };
}

const WORD = /[\p{L}\p{N}]/u;
const SPACE = /\s/;
const isWord = (one: string | undefined): boolean => one !== undefined && WORD.test(one);
const isEdge = (one: string | undefined): boolean => one === undefined || SPACE.test(one);

/** Before a word and not within one: 2*3*4 and some_file_name stay as they are. */
const mayOpen = (line: string, at: number, mark: string): boolean =>
  !isWord(line[at - 1]) && !isEdge(line[at + mark.length]);
const mayClose = (line: string, at: number, mark: string): boolean =>
  !isEdge(line[at - 1]) && !isWord(line[at + mark.length]);

const SCHEMES = ["https://", "http://"];
const ENDS_ADDRESS = /[\s<>"\p{Cc}\p{Cf}]/u;
/** At the end of an address these belong to the sentence around it. */
const SENTENCE = new Set(".,;:!?'*_~`)]}…");

/** An address that begins here, whole; empty where there is none. */
function addressAt(line: string, at: number): string {
  if (line[at] !== "h" || isWord(line[at - 1])) return "";
  const scheme = SCHEMES.find((one) => line.startsWith(one, at));
  if (scheme === undefined) return "";
  let end = at + scheme.length;
  let unclosed = 0;
  while (end < line.length && !ENDS_ADDRESS.test(line[end] ?? "")) {
    if (line[end] === "(") unclosed++;
    if (line[end] === ")") unclosed--;
    end++;
  }
  while (end > at + scheme.length && SENTENCE.has(line[end - 1] ?? "")) {
    if (line[end - 1] === ")" && unclosed >= 0) break;
    if (line[end - 1] === ")") unclosed++;
    end--;
  }
  return end === at + scheme.length ? "" : line.slice(at, end);
}
