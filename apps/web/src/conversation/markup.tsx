/** What somebody wrote, with light markup: a tree of text nodes, never HTML. Spec: spec/content.md, "Markup". */
import { readMarkup, type Block, type Inline } from "@sotto/client/markdown";
import type { ComponentChild, JSX } from "preact";
import { useMemo } from "preact/hooks";
import { Address } from "./address.tsx";

export function Markup({ text }: { readonly text: string }): JSX.Element {
  const blocks = useMemo(() => readMarkup(text), [text]);
  return <>{blocks.map(blockElement)}</>;
}

function blockElement(block: Block): ComponentChild {
  switch (block.kind) {
    case "lines":
      return (
        <span class="markup__lines" dir="auto">
          {block.children.map(inlineElement)}
        </span>
      );
    case "quote":
      return (
        <blockquote class="quote" dir="auto">
          {block.children.map(inlineElement)}
        </blockquote>
      );
    case "code-block":
      return (
        <pre class="markup__code" dir="ltr" tabIndex={0}>
          <code>{block.text}</code>
        </pre>
      );
    case "list": {
      const items = block.items.map((item) => <li dir="auto">{item.map(inlineElement)}</li>);
      if (block.first === undefined) return <ul class="markup__list">{items}</ul>;
      return (
        <ol class="markup__list" start={block.first}>
          {items}
        </ol>
      );
    }
  }
}

function inlineElement(inline: Inline): ComponentChild {
  switch (inline.kind) {
    case "text":
      return inline.text;
    case "code":
      return <code>{inline.text}</code>;
    case "address":
      return <Address text={inline.text} />;
    case "bold":
      return <strong>{inline.children.map(inlineElement)}</strong>;
    case "italic":
      return <em>{inline.children.map(inlineElement)}</em>;
    case "strike":
      return <s>{inline.children.map(inlineElement)}</s>;
  }
}
