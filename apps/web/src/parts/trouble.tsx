/** What went wrong, beside the thing it is about; announced when it appears. */
import type { Problem } from "@sotto/client";
import type { JSX } from "preact";
import { problemWords } from "../problem-words.ts";
import { Icon } from "./icon.tsx";

export function Trouble({
  problem,
  id,
}: {
  readonly problem: Problem | undefined;
  readonly id?: string;
}): JSX.Element {
  return (
    <div role="alert" id={id}>
      {problem !== undefined && (
        <p class="trouble">
          <Icon name="alert" />
          {problemWords(problem)}
        </p>
      )}
    </div>
  );
}
