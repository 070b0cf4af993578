/** The stock of one-time tokens; each pays for a channel or an inbox. */
import { activations, type Activation } from "./stored/profile.ts";
import type { Turn } from "./turn.ts";

/** Takes a token off the stock; undefined when none is left. */
export function nextToken(turn: Turn): Uint8Array | undefined {
  for (const id of turn.ids(activations)) {
    const activation = turn.need(activations, id);
    const [token, ...rest] = activation.tokens;
    if (activation.state !== "granted" || token === undefined) continue;
    turn.put(activations, id, { ...activation, tokens: rest });
    return token;
  }
  return undefined;
}

export const hasToken = (turn: Turn): boolean =>
  turn.ids(activations).some((id) => {
    const { state, tokens } = turn.need(activations, id);
    return state === "granted" && tokens.length > 0;
  });

export const tokensLeft = (of: Iterable<Activation>): number =>
  [...of].reduce((sum, { state, tokens }) => sum + (state === "granted" ? tokens.length : 0), 0);
