/** What is shown of a file before it is fetched. Its sender may say anything; here it becomes harmless. */
import type { FileContent, Picture } from "@sotto/protocol";
import { harmlessName } from "../names.ts";
import { pictureSize } from "../picture/picture-size.ts";
import type { FileView } from "../views.ts";

const MEDIA_TYPE = /^[a-z0-9][a-z0-9.+-]*\/[a-z0-9][a-z0-9.+-]*$/;
const ANY_TYPE = "application/octet-stream";
/** Longer than the side of any thumbnail that is drawn, in pixels. */
const THUMBNAIL_SIDE_MAX = 512;

type Described = Pick<FileContent, "bytes" | "mediaType" | "name" | "picture">;

export const fileToView = ({ bytes, mediaType, name, picture }: Described, sent?: number): FileView => ({
  bytes,
  mediaType: MEDIA_TYPE.test(mediaType) ? mediaType : ANY_TYPE,
  name: name === undefined ? undefined : harmlessFileName(name),
  picture: picture && pictureToView(picture),
  sent,
});

/** Without a place it could be meant for, so that it is one name in any folder. */
function harmlessFileName(name: string): string | undefined {
  const harmless = harmlessName(name.replaceAll(/[/\\:*?"<>|]/g, "_")).replace(/^\.+/, "");
  return harmless === "" ? undefined : harmless;
}

/** A small one that is not small is none: it would be decoded unasked. */
function pictureToView({ width, height, thumbnail }: Picture): FileView["picture"] {
  if (width < 1 || height < 1) return undefined;
  const size = pictureSize(thumbnail);
  const isSmall = size !== undefined && Math.max(size.width, size.height) <= THUMBNAIL_SIDE_MAX;
  return { width, height, thumbnail: isSmall ? thumbnail : undefined };
}
