export { openOpfsBlockFile } from "./block-file.ts";
