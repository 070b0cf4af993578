/** Believable results of a search, for the gallery. */
import type { FoundMessage, SearchView } from "@sotto/client";
import { longRows, NOW } from "./people.ts";

const HOUR_MS = 3_600_000;

export const foundNothing: SearchView = {
  query: { text: "" },
  state: "empty",
  people: [],
  messages: [],
  hasMore: false,
  isReading: false,
  onlySince: undefined,
};

/** `text` with what was found between brackets. */
const found = (
  name: string,
  text: string,
  agoMs: number,
  rest: Partial<FoundMessage> = {},
): FoundMessage => ({
  in: name.toLowerCase(),
  name,
  key: `found-${agoMs}`,
  mine: false,
  author: undefined,
  time: NOW - agoMs,
  burn: undefined,
  pieces: text
    .split(/[[\]]/)
    .map((piece, at) => ({ text: piece, isMatch: at % 2 === 1 }))
    .filter((piece) => piece.text !== ""),
  ...rest,
});

export const foundSome: SearchView = {
  ...foundNothing,
  state: "found",
  people: [
    {
      id: "friday",
      pieces: [
        { text: "Friday", isMatch: true },
        { text: " desk", isMatch: false },
      ],
    },
  ],
  messages: [
    found("Mara", "The second source agrees to meet on [Friday].", 3 * 60_000),
    found("Idris", "Not before [Friday], and not at the ferry landing: too many people there.", 5 * HOUR_MS, {
      mine: true,
    }),
    found("نور الدين", "أراك [friday] عند المدخل", 30 * HOUR_MS),
    found(
      "Lena Østergaard",
      "…and if the lawyer has read it by then we can print it, though I would rather wait until [friday] evening, when the minister is back and has to answer for it himself, which he will not like…",
      52 * HOUR_MS,
    ),
  ],
};

export const foundLong: SearchView = {
  ...foundNothing,
  state: "found",
  messages: [found(longRows[0]?.name ?? "", `[friday]${"x".repeat(180)}…`, HOUR_MS)],
};
