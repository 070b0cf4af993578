/** Quiet progress: appears only when something takes longer than a person would call at once. */
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";

const AT_ONCE_MS = 500;

export function Working(props: {
  readonly isWorking: boolean;
  readonly words: string;
  /** 0 to 1, where it is known. */
  readonly done?: number | undefined;
}): JSX.Element {
  const { isWorking, words, done } = props;
  const [isShown, setShown] = useState(false);
  useEffect(() => {
    if (!isWorking) return setShown(false);
    const timer = setTimeout(() => setShown(true), AT_ONCE_MS);
    return () => clearTimeout(timer);
  }, [isWorking]);
  return (
    <div class="strength" role="status">
      {isShown && (
        <>
          <progress class="progress" aria-label={words} {...(done === undefined ? {} : { value: done })} />
          <p>{words}</p>
        </>
      )}
    </div>
  );
}
