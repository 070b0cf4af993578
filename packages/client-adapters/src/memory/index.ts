export {
  createFaultyBlockFile,
  createMemoryBlockFile,
  type Dice,
  type FaultyBlockFile,
} from "./block-file.ts";
