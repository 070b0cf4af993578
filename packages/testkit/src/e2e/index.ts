export { createCertificate, type Certificate } from "./certificate.ts";
export { createFolder, type Folder } from "./folder.ts";
export {
  acquaint,
  conversationOf,
  joinNodeMember,
  send,
  valueOf,
  type NodeMember,
  type NodeMemberOptions,
} from "./node-member.ts";
export { newCode, readCopy, startRelay, type RelayOptions, type RelayProcess } from "./relay-process.ts";
export { serve } from "./serve.ts";
export { createTerminal, TERMINAL_PASSPHRASE, type Ended, type Running, type Terminal } from "./terminal.ts";
export { findTraces, type Place, type Wanted } from "./traces.ts";
export { until } from "./until.ts";
export { createWire, OTHER_NAME, type Wire } from "./wire.ts";
