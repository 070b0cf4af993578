/** The made-up people of the example profiles. Alice and Bob are for visitors to open; the others answer by themselves. */

export const VISITABLE = ["alice", "bob"] as const;
export const ANSWERING = ["mara", "tomas", "priya"] as const;
export type Visitable = (typeof VISITABLE)[number];
export type Answering = (typeof ANSWERING)[number];
export type Person = Visitable | Answering;

export const NAMES: Readonly<Record<Person, string>> = {
  alice: "Alice Moreau",
  bob: "Bob Adeyemi",
  mara: "Mara Lindqvist",
  tomas: "Tomás Rey",
  priya: "Priya Nair",
};

/** What each of them writes back, in turn. */
export const REPLIES: Readonly<Record<Answering, readonly string[]>> = {
  mara: [
    "Got it. The connection is thin out here, I read everything in the evening.",
    "On my way to the ferry. I write properly when I am on the other side.",
    "Yes. And keep the originals off the shared drive, please.",
    "Good. I am still at the harbour, two more faces to find.",
  ],
  tomas: [
    "Noted. I put it in the file and come back to you after lunch.",
    "The registry closes at four. I try.",
    "Understood. Paper copy or is the scan enough?",
    "Done. Bob has it on his desk.",
  ],
  priya: [
    "Interesting. Give me an hour with the ledgers.",
    "The numbers agree so far. I am looking for the ones that agree too well.",
    "Could you send me the page reference?",
    "I ran it twice. Same result.",
  ],
};
