/** Shows what the device is: not yet ready, blocked, new, locked or open. */
import { computed, useSignal, useSignalEffect, type ReadonlySignal } from "@preact/signals";
import { unreachable } from "@sotto/protocol";
import type { FunctionComponent, JSX } from "preact";
import { useMemo } from "preact/hooks";
import { limitsOf, watchForLock } from "./auto-lock.ts";
import { Cover, useCover } from "./cover/cover.tsx";
import { useDevice, type Device } from "./device.ts";
import { useExample, type Example } from "./example.ts";
import * as m from "./paraglide/messages.js";
import { Sprite } from "./parts/icon.tsx";
import { Threshold } from "./parts/threshold.tsx";
import { Blocked, Crashed } from "./screens/blocked.tsx";
import { ExampleOffer } from "./screens/example-offer.tsx";
import type { HomeProps } from "./screens/home.tsx";
import { Join } from "./screens/join.tsx";
import { Lock } from "./screens/lock.tsx";
import { Working } from "./screens/working.tsx";
import type { DeviceView } from "./worker/protocol.ts";
import "./style/tokens.css";
import "./style/base.css";

/** Everything behind the lock: fetched while the passphrase is being stretched, not before. */
function useHome(view: ReadonlySignal<DeviceView>): FunctionComponent<HomeProps> | undefined {
  const home = useSignal<FunctionComponent<HomeProps> | undefined>(undefined);
  const isNear = computed(() => ["joining", "opening", "open"].includes(view.value.kind));
  useSignalEffect(() => {
    if (!isNear.value || home.peek() !== undefined) return;
    void import("./screens/home.tsx").then(({ Home }) => {
      home.value = Home;
    });
  });
  return home.value;
}

/** An opened profile locks itself, sooner where its organisation says so. */
function useAutoLock(device: Device): void {
  const { isOpen, idleMs, hiddenMs } = useMemo(() => lockingOf(device.view), [device]);
  useSignalEffect(() => {
    const limits = { idleMs: idleMs.value, hiddenMs: hiddenMs.value };
    return isOpen.value ? watchForLock(limits, () => void device.lock()) : undefined;
  });
}

/** Each by itself, so that a view that changes nothing of it does not begin the wait anew. */
function lockingOf(view: ReadonlySignal<DeviceView>) {
  const limits = computed(() => limitsOf(view.value.kind === "open" ? view.value.vault : undefined));
  return {
    isOpen: computed(() => view.value.kind === "open"),
    idleMs: computed(() => limits.value.idleMs),
    hiddenMs: computed(() => limits.value.hiddenMs),
  };
}

export function App(): JSX.Element {
  const device = useDevice();
  useAutoLock(device);
  const Home = useHome(device.view);
  const { example, answer } = useExample();
  const { isUp, lift } = useCover(device);
  if (isUp) return <Cover onLift={lift} />;
  return (
    <>
      <Sprite />
      <Screen view={device.view.value} Home={Home} example={example} onExample={answer} />
    </>
  );
}

function Screen(props: {
  readonly view: DeviceView;
  readonly Home: FunctionComponent<HomeProps> | undefined;
  readonly example: Example;
  readonly onExample: (isWanted: boolean) => void;
}): JSX.Element {
  const { view, Home, example, onExample } = props;
  switch (view.kind) {
    case "starting":
      return <Starting />;
    case "blocked":
      return <Blocked why={view.why} />;
    case "crashed":
      return <Crashed detail={view.detail} />;
    case "new":
      if (example === "offered") return <ExampleOffer onAnswer={onExample} />;
      return (
        <Join
          key="join"
          isJoining={false}
          done={undefined}
          isExampleGone={example === "gone"}
          isWiped={view.isWiped === true}
        />
      );
    case "joining":
      return <Join key="join" isJoining done={view.done} isExampleGone={false} isWiped={false} />;
    case "locked":
      return <Lock key="lock" lock={view.lock} isOpening={false} example={example} />;
    case "opening":
      return <Lock key="lock" lock={view.lock} isOpening example={example} />;
    case "open":
      return Home === undefined ? <Starting /> : <Home member={view.member} vault={view.vault} />;
    default:
      return unreachable(view);
  }
}

const Starting = (): JSX.Element => (
  <Threshold>
    <h1 class="unseen">Sotto</h1>
    <Working isWorking words={m.starting()} />
  </Threshold>
);
