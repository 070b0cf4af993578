/** Light markup. Spec: spec/content.md, "Markup". */
import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { TEXT_BYTES_MAX } from "@sotto/protocol";
import { readMarkup, type Block, type Inline } from "@sotto/client/markdown";

/** `[b …]` and so on, so that a tree is read at a glance. */
const LETTERS = { bold: "b", italic: "i", strike: "s" } as const;
function inlineText(inlines: readonly Inline[]): string {
  return inlines
    .map((one) => {
      if ("children" in one) return `[${LETTERS[one.kind]} ${inlineText(one.children)}]`;
      return one.kind === "text" ? one.text : `<${one.kind} ${one.text}>`;
    })
    .join("");
}
function blockText(block: Block): string {
  switch (block.kind) {
    case "lines":
      return inlineText(block.children);
    case "quote":
      return `{quote ${inlineText(block.children)}}`;
    case "code-block":
      return `{code ${block.text}}`;
    case "list":
      return `{list ${block.first ?? "-"} ${block.items.map(inlineText).join(" | ")}}`;
  }
}
const shown = (text: string): string => readMarkup(text).map(blockText).join("/");

for (const [text, expected] of [
  ["plain, as it was\n\nwritten", "plain, as it was\n\nwritten"],
  ["**bold** and *italic* and _italic_ and ~~gone~~", "[b bold] and [i italic] and [i italic] and [s gone]"],
  ["***both***", "[b [i both]]"],
  ["*a **b** c*", "[i a [b b] c]"],
  ["**a *b** c*", "**a [i b]* c*"],
  ["2*3*4, some_file_name, 5 * 3 * 2", "2*3*4, some_file_name, 5 * 3 * 2"],
  ["**not closed", "**not closed"],
  ["**", "**"],
  ["`**code**` and ``", "<code **code**> and ``"],
  ["a `tick", "a `tick"],
  ["```\n**as it is**\n\n  x\n```\nafter", "{code **as it is**\n\n  x}/after"],
  ["```ts\nlet a;\n```", "{code let a;}"],
  ["```\nnever closed", "```\nnever closed"],
  ["> said *she*\n> twice\nnot I", "{quote said [i she]\ntwice}/not I"],
  ["- one\n- **two**\n* three", "{list - one | [b two] | three}"],
  ["3. c\n4. d", "{list 3 c | d}"],
  ["-not a list\n1.neither", "-not a list\n1.neither"],
  ["* \n- ", "* \n- "],
  ["<b>text</b> & <script>", "<b>text</b> & <script>"],
  ["[click](https://evil.example)", "[click](<address https://evil.example>)"],
] as const)
  test(`[CN21] markup in ${JSON.stringify(text)}`, () => assert.equal(shown(text), expected));

for (const [text, expected] of [
  ["see https://example.org/a?b=c.", "see <address https://example.org/a?b=c>."],
  ["(http://example.org/x_(y))", "(<address http://example.org/x_(y)>)"],
  ["**https://example.org/a**", "[b <address https://example.org/a>]"],
  ["https://example.org/a_b_c*d*", "<address https://example.org/a_b_c*d>*"],
  ["javascript:alert(1) data:text/html,x ftp://a.b", "javascript:alert(1) data:text/html,x ftp://a.b"],
  ["example.org file.zip www.example.org", "example.org file.zip www.example.org"],
  ["xhttps://example.org", "xhttps://example.org"],
  ["https:// http://...", "https:// http://..."],
  ["https://a.example\u202e/gpj.exe", "<address https://a.example>\u202e/gpj.exe"],
  ['https://a.example">x', '<address https://a.example>">x'],
] as const)
  test(`[CN22] an address in ${JSON.stringify(text)}`, () => assert.equal(shown(text), expected));

const hostile = fc
  .array(
    fc.constantFrom(
      ...Array.from("*_~`>-1. \n()#h"),
      "**",
      "~~",
      "```",
      "\n```\n",
      "\n> ",
      "\n- ",
      "\n1. ",
      "https://",
      "http://a.example/",
      "word",
      "ä",
      "👍",
      "\u202e",
      "<b>",
      "\ud800",
    ),
    { maxLength: 120 },
  )
  .map((parts) => parts.join(""));

function textsOf(blocks: readonly Block[]): string {
  const ofInline = (one: Inline): string =>
    "children" in one ? one.children.map(ofInline).join("") : one.text;
  return blocks
    .map((block) => {
      if (block.kind === "code-block") return block.text;
      return (block.kind === "list" ? block.items.flat() : block.children).map(ofInline).join("");
    })
    .join("\n");
}
const lettersOf = (text: string): string => text.replaceAll(/[^\p{L}\p{N}\u202e<]/gu, "");
function depthOf(inlines: readonly Inline[]): number {
  return Math.max(0, ...inlines.map((one) => ("children" in one ? 1 + depthOf(one.children) : 0)));
}

test("[CN21] whatever is written, nothing but marks is taken away, nothing is added, and the tree is shallow", () => {
  fc.assert(
    fc.property(fc.oneof(hostile, fc.string({ unit: "binary", maxLength: 200 })), (text) => {
      const blocks = readMarkup(text);
      const said = textsOf(blocks);
      // The language of a code block and the numbers of a list are marks, too.
      const isWithout = blocks.every(({ kind }) => kind !== "code-block" && kind !== "list");
      if (isWithout) assert.equal(lettersOf(said), lettersOf(text));
      assert.ok(said.length <= text.length + blocks.length);
      for (const block of blocks) if ("children" in block) assert.ok(depthOf(block.children) <= 4);
    }),
    { numRuns: 500 },
  );
});

test("[CN22] an address is what was written there, has a scheme that is opened, and nothing that hides", () => {
  const addressesIn = (inlines: readonly Inline[]): readonly string[] =>
    inlines.flatMap((one) => {
      if ("children" in one) return addressesIn(one.children);
      return one.kind === "address" ? [one.text] : [];
    });
  let found = 0;
  fc.assert(
    fc.property(hostile, (text) => {
      for (const block of readMarkup(text))
        for (const address of "children" in block ? addressesIn(block.children) : []) {
          found++;
          assert.ok(text.includes(address));
          assert.match(address, /^https?:\/\/[^\s<>"\u202e]+$/);
        }
    }),
    { numRuns: 500 },
  );
  assert.ok(found > 20);
});

/** What takes the square of its length takes minutes here. */
test("[CN21] the longest text is read at once, whatever it is made of", { timeout: 20_000 }, () => {
  for (const part of [
    "*",
    "**",
    "_a ",
    "~~a ",
    "*a **b ~~c _d ",
    "**a _b** ",
    "`",
    "`a",
    "``a ",
    "```\n",
    "\n```a",
    "> ",
    ">\n",
    "- ",
    "-\n",
    "- a\n",
    "1. a\n",
    "1".repeat(6),
    " ",
    "- \n",
    "(",
    ")",
    "http://",
    "http://(",
    "http://) ",
    "https://a.b/..... ",
    "h",
    "<",
    "👍",
    "\n",
  ]) {
    const text = part.repeat(Math.ceil(TEXT_BYTES_MAX / part.length));
    assert.ok(readMarkup(text).length > 0);
    assert.ok(readMarkup(`-${text}`).length > 0);
    assert.ok(readMarkup(`http://a${text}`).length > 0);
  }
});
