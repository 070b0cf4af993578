/** One sprite of our own drawings on a 24 px field; every icon stands beside words or carries a label. */
import type { JSX } from "preact";

const SHAPES = {
  add: <path d="M12 5v14M5 12h14" />,
  alert: (
    <path d="M12 8.5v4.5M12 16.8v.1M10.4 4.3 2.9 17.4A1.9 1.9 0 0 0 4.5 20.2h15a1.9 1.9 0 0 0 1.6-2.8L13.6 4.3a1.9 1.9 0 0 0-3.2 0Z" />
  ),
  back: <path d="m14.5 5-7 7 7 7" />,
  burn: (
    <path d="M12 21a6.5 6.5 0 0 0 6.5-6.5c0-4.6-4.3-6-4.8-11-3 1.6-4.4 4.4-4 7.2C8.4 10.3 7.7 9.3 7.6 8 6 9.7 5.5 12 5.5 14.5A6.5 6.5 0 0 0 12 21Z" />
  ),
  calendar: <path d="M4.5 6h15v13.5h-15zM4.5 10.5h15M8.5 3.5V8M15.5 3.5V8" />,
  chats: <path d="M20 11.5a7.5 7.5 0 0 1-11 6.6L4.5 19.5l1.3-4.2A7.5 7.5 0 1 1 20 11.5Z" />,
  check: <path d="m5 12.5 4.5 4.5L19 7.5" />,
  checks: <path d="m2.5 12.8 4.2 4.2L15 8.7M11.8 16.8l.2.2 9.5-9.5" />,
  clock: <path d="M12 7.5V12l3 1.8M12 20.5a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17Z" />,
  close: <path d="m6 6 12 12M18 6 6 18" />,
  copy: <path d="M9 9h10.5v10.5H9zM5.5 15H4.5V4.5H15v1" />,
  down: <path d="m5 9.5 7 7 7-7" />,
  edit: <path d="M4.5 19.5v-4L15.8 4.2l4 4L8.5 19.5zM13 7l4 4" />,
  erase: <path d="M9 5.5h11v13H9L3 12ZM12 9.5l5 5M17 9.5l-5 5" />,
  eye: (
    <path d="M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12ZM12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6Z" />
  ),
  file: <path d="M6.5 3.5h7l4 4v13h-11zM13.5 3.5v4h4" />,
  forward: <path d="m9.5 5 7 7-7 7" />,
  group: (
    <path d="M9 11.5a3.3 3.3 0 1 0 0-6.6 3.3 3.3 0 0 0 0 6.6ZM2.5 19.5c.6-3.2 3.2-4.9 6.5-4.9s5.9 1.7 6.5 4.9M15.5 5.2a3.3 3.3 0 0 1 0 6M17.8 15c2 .7 3.3 2.2 3.7 4.5" />
  ),
  help: (
    <path d="M9.3 9.3a2.8 2.8 0 1 1 4 2.9c-.9.5-1.3 1-1.3 2M12 17.2v.1M12 20.5a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17Z" />
  ),
  leave: <path d="M13.5 4.5H5v15h8.5M10 12h10.5M16.5 8l4 4-4 4" />,
  less: <path d="M5 12h14" />,
  link: (
    <path d="M10 14a4 4 0 0 0 5.7 0l3-3a4 4 0 0 0-5.7-5.7l-1 1M14 10a4 4 0 0 0-5.7 0l-3 3a4 4 0 0 0 5.7 5.7l1-1" />
  ),
  lock: <path d="M6 10.5h12v9.5H6zM8.5 10.5V8a3.5 3.5 0 0 1 7 0v2.5" />,
  me: (
    <path d="M12 11.5a3.8 3.8 0 1 0 0-7.5 3.8 3.8 0 0 0 0 7.5ZM4.5 20c.7-3.6 3.7-5.5 7.5-5.5s6.8 1.9 7.5 5.5" />
  ),
  more: <path d="M12 5.5v.1M12 12v.1M12 18.5v.1" stroke-width="2.75" />,
  offline: <path d="M3 3l18 18M8.5 8A6 6 0 0 0 6 19h11M19.8 17.2A4 4 0 0 0 17.5 11a6 6 0 0 0-4.8-4.5" />,
  pin: <path d="M9 3.5h6M10 3.5v6l-3 4.5h10l-3-4.5v-6M12 14v6.5" />,
  picture: <path d="M4.5 5h15v14h-15zM4.5 16l4.5-4.5 4 4 2.5-2.5 4 4M15 9.5v.1" />,
  qr: (
    <path d="M4.5 4.5h6v6h-6zM13.5 4.5h6v6h-6zM4.5 13.5h6v6h-6zM13.5 13.5h2.5v2.5M19.5 13.5v2.5M13.5 19.5h2.5M19.5 19.5h-.1" />
  ),
  reply: <path d="m9.5 6-5.5 5.5L9.5 17M4.5 11.5H14a6 6 0 0 1 6 6v1" />,
  relay: <path d="M4.5 5h15v5.5h-15zM4.5 13.5h15V19h-15zM8 7.8v.1M8 16.3v.1" />,
  save: <path d="M12 4v11M7 10.5l5 5 5-5M5 19.5h14" />,
  search: <path d="M10.8 17.5a6.7 6.7 0 1 0 0-13.5 6.7 6.7 0 0 0 0 13.5ZM15.7 15.7 20 20" />,
  send: <path d="M12 19V5M5.5 11.5 12 5l6.5 6.5" />,
  share: <path d="m14.5 6 5.5 5.5-5.5 5.5M19.5 11.5H10a6 6 0 0 0-6 6v1" />,
  trash: <path d="M4.5 6.5h15M9 6.5V4h6v2.5M6.5 6.5l.8 13.5h9.4l.8-13.5M10 10.5v6M14 10.5v6" />,
  verified: (
    <path d="M12 3.5c2 1.7 4.3 2.5 7 2.5 0 6.8-1.8 11.5-7 14.5-5.2-3-7-7.7-7-14.5 2.7 0 5-.8 7-2.5ZM8.7 12l2.4 2.4L15.5 10" />
  ),
} satisfies Record<string, JSX.Element>;

export type IconName = keyof typeof SHAPES;

/** Stands once on the page; icons refer to it. */
export function Sprite(): JSX.Element {
  return (
    <svg class="unseen" width="0" height="0" aria-hidden="true">
      {Object.entries(SHAPES).map(([name, shape]) => (
        <symbol key={name} id={`icon-${name}`} viewBox="0 0 24 24">
          {shape}
        </symbol>
      ))}
    </svg>
  );
}

const POINTS_ALONG_THE_LINE: readonly IconName[] = ["back", "forward", "leave"];

export function Icon({ name }: { readonly name: IconName }): JSX.Element {
  return (
    <svg class={POINTS_ALONG_THE_LINE.includes(name) ? "icon icon--ahead" : "icon"} aria-hidden="true">
      <use href={`#icon-${name}`} />
    </svg>
  );
}
