/** One question at a time to the device: whether it is under way, and the problem it ended with. */
import type { Problem } from "@sotto/client";
import type { Result } from "@sotto/protocol";
import { useRef, useState } from "preact/hooks";

export type Asking = {
  readonly isUnderWay: boolean;
  readonly problem: Problem | undefined;
  /** Does nothing while an earlier question is under way. */
  readonly run: <T>(question: () => Promise<Result<T, Problem>>, then?: (value: T) => void) => void;
  readonly clear: () => void;
  readonly fail: (problem: Problem) => void;
};

export function useAsking(): Asking {
  const [isUnderWay, setUnderWay] = useState(false);
  const [problem, setProblem] = useState<Problem | undefined>();
  const busy = useRef(false);
  return {
    isUnderWay,
    problem,
    run(question, then) {
      if (busy.current) return;
      busy.current = true;
      setUnderWay(true);
      setProblem(undefined);
      void question().then((result) => {
        busy.current = false;
        setUnderWay(false);
        if (result.ok) then?.(result.value);
        else setProblem(result.error);
      });
    },
    clear: () => setProblem(undefined),
    fail: setProblem,
  };
}
