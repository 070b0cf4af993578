/** A part of a screen whose code is fetched when it is first drawn: until then nothing is in its place. */
import type { FunctionComponent, JSX } from "preact";
import { useEffect, useState } from "preact/hooks";

export function onDemand<P extends object>(
  load: () => Promise<FunctionComponent<P>>,
): (props: P) => JSX.Element | null {
  let loading: Promise<FunctionComponent<P>> | undefined;
  let Loaded: FunctionComponent<P> | undefined;
  return function OnDemand(props) {
    const [isHere, setHere] = useState(Loaded !== undefined);
    useEffect(() => {
      if (isHere) return;
      void (loading ??= load()).then((component) => {
        Loaded = component;
        setHere(true);
      });
    }, []);
    return Loaded === undefined ? null : <Loaded {...props} />;
  };
}
