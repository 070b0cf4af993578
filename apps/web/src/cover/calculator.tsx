/** A calculator that calculates, with keys of its own and the machine's. */
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import * as m from "../paraglide/messages.js";
import {
  CLEARED,
  equal,
  ERROR,
  operate,
  typeDigit,
  typePoint,
  type Calculation,
  type Operation,
} from "./calculation.ts";
import type { CoverProps } from "./cover.tsx";
import "../style/cover.css";

type Press = (of: Calculation) => Calculation;
type Key = { readonly label: string; readonly name?: string; readonly kind?: string; readonly press: Press };

const digit = (label: string): Key => ({ label, press: (of) => typeDigit(of, label) });
const operation = (label: string, name: string, which: Operation): Key => ({
  label,
  name,
  kind: "operation",
  press: (of) => operate(of, which),
});

const keys = (): readonly Key[] => [
  ...["7", "8", "9"].map(digit),
  operation("÷", m.calculator_divide(), "/"),
  ...["4", "5", "6"].map(digit),
  operation("×", m.calculator_multiply(), "*"),
  ...["1", "2", "3"].map(digit),
  operation("−", m.calculator_subtract(), "-"),
  digit("0"),
  { label: ".", press: typePoint },
  { label: "=", name: m.calculator_equals(), kind: "equals", press: equal },
  operation("+", m.calculator_add(), "+"),
];

/** Of the machine's keyboard. */
function pressOf(key: string): Press | undefined {
  if (/^\d$/.test(key)) return (of) => typeDigit(of, key);
  if (key === "." || key === ",") return typePoint;
  if (key === "Enter" || key === "=") return equal;
  if (key === "Escape") return () => CLEARED;
  return key === "+" || key === "-" || key === "*" || key === "/" ? (of) => operate(of, key) : undefined;
}

export function App({ way }: CoverProps): JSX.Element {
  const [calculation, set] = useState(CLEARED);
  useEffect(() => {
    const heard = (event: KeyboardEvent): void => {
      const press = event.ctrlKey || event.metaKey || event.shiftKey ? undefined : pressOf(event.key);
      if (press === undefined) return;
      event.preventDefault();
      set(press);
    };
    addEventListener("keydown", heard);
    return () => removeEventListener("keydown", heard);
  }, []);
  const { shown } = calculation;
  return (
    <main class="calculator">
      <h1 class="unseen">{m.cover_calculator()}</h1>
      <output class="calculator__display" {...way}>
        {shown === ERROR ? m.calculator_error() : shown}
      </output>
      <div class="calculator__keys" role="group" aria-label={m.calculator_keys()}>
        <button type="button" class="calculator__key" data-kind="clear" onClick={() => set(CLEARED)}>
          {m.calculator_clear()}
        </button>
        {keys().map(({ label, name, kind, press }) => (
          <button
            key={label}
            type="button"
            class="calculator__key"
            data-kind={kind}
            aria-label={name}
            onClick={() => set(press)}
          >
            {label}
          </button>
        ))}
      </div>
    </main>
  );
}
