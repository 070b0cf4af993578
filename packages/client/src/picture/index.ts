/** Pictures before they are sent and before they are shown. For pages, too, which fetch it when there is one. */
export { cleanPicture } from "./clean-picture.ts";
export { isDrawable, pictureSize, type PictureSize } from "./picture-size.ts";
