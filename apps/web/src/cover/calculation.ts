/** A pocket calculator: each operation is carried out when the next one is pressed. Pure. */

export type Operation = "+" | "-" | "*" | "/";
export type Calculation = {
  /** What the display shows: digits as typed, or a result. */
  readonly shown: string;
  /** The next digit begins a new number. */
  readonly isFresh: boolean;
  readonly pending: { readonly left: number; readonly operation: Operation } | undefined;
};

export const CLEARED: Calculation = { shown: "0", isFresh: true, pending: undefined };
export const ERROR = "E";
const DIGITS_MAX = 12;

export function typeDigit(of: Calculation, digit: string): Calculation {
  if (of.isFresh) return { ...of, shown: digit, isFresh: false };
  if (of.shown.replaceAll(/\D/g, "").length >= DIGITS_MAX) return of;
  return { ...of, shown: of.shown === "0" ? digit : of.shown + digit };
}

export function typePoint(of: Calculation): Calculation {
  if (of.isFresh) return { ...of, shown: "0.", isFresh: false };
  return of.shown.includes(".") ? of : { ...of, shown: `${of.shown}.` };
}

export function operate(of: Calculation, operation: Operation): Calculation {
  const { shown, isFresh } = of;
  if (shown === ERROR) return CLEARED;
  // Pressed twice, the last one counts.
  const done = isFresh && of.pending !== undefined ? of : equal(of);
  if (done.shown === ERROR) return done;
  return { shown: done.shown, isFresh: true, pending: { left: Number(done.shown), operation } };
}

export function equal(of: Calculation): Calculation {
  const { shown, pending } = of;
  if (shown === ERROR) return CLEARED;
  if (pending === undefined) return { ...of, isFresh: true };
  return {
    shown: shownOf(calculate(pending.left, pending.operation, Number(shown))),
    isFresh: true,
    pending: undefined,
  };
}

function calculate(left: number, operation: Operation, right: number): number {
  switch (operation) {
    case "+":
      return left + right;
    case "-":
      return left - right;
    case "*":
      return left * right;
    case "/":
      return left / right;
  }
}

/** What fits the display: rounded, without the noise of binary fractions. */
function shownOf(value: number): string {
  if (!Number.isFinite(value)) return ERROR;
  return String(Number(value.toPrecision(DIGITS_MAX)));
}
