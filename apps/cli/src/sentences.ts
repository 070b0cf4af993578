/** What the terminal says about each Problem: what happened, what it means, what to do. Spec: spec/terminal.md, TC4. */
import type { DeviceProblem } from "@sotto/client-adapters/node";
import { GROUP_MEMBERS_MAX, unreachable } from "@sotto/protocol";

const seconds = (ms: number): string => `${Math.max(1, Math.ceil(ms / 1000))} s`;

export function problemSentence(problem: DeviceProblem): string {
  switch (problem.kind) {
    case "code-malformed":
      return "This activation code is mistyped: its check character does not fit. Compare it with what you were given.";
    case "code-refused":
      return "The relay does not accept this activation code: it was used before or its term is over. Ask for another.";
    case "link-not-a-link":
      return "This is not a contact link. One looks like http://…/#c… – copy all of it.";
    case "link-damaged":
      return "This contact link is incomplete or altered. Ask for it again and copy all of it.";
    case "link-newer":
      return "This contact link was made by a newer version. Update Sotto, then add it again.";
    case "link-own":
      return "This is your own contact link. Give it to the person who wants to reach you.";
    case "link-refused":
      return "This contact link no longer works: it was renewed, or that relay does not know it. Ask for a new one.";
    case "contact-known":
      return "You already have a conversation with this contact.";
    case "name-invalid":
      return "A name needs at least one visible character.";
    case "name-too-long":
      return "This name is too long. Use at most 64 characters.";
    case "passphrase-wrong":
      return "This passphrase does not open this device. Check capital letters and spaces, then try again.";
    case "passphrase-short":
      return "This passphrase is too short. Use at least 12 characters: four or more words are easiest to remember.";
    case "pin-wrong":
      return "This PIN opens nothing. After ten wrong ones in a row this device is wiped.";
    case "pin-short":
      return "A PIN has 6 to 12 digits.";
    case "pin-common":
      return "This PIN is one of those that are tried first. Take the suggested one, or digits without a pattern.";
    case "pin-used":
      return "This PIN is in use for something else on this device. Choose another.";
    case "pin-different":
      return "The two PINs were not the same. Nothing was changed.";
    case "guardians-unreached":
      return "Too few guardians answered. Nothing was lost and nothing was opened. Check your connection, then try again.";
    case "guardians-wait":
      return `There were several wrong PINs, so the guardians wait. Try again in ${seconds(problem.retryAfterMs)}.`;
    case "guardians-false":
      return "A guardian answered falsely and was left out; too few are left. Nothing was opened. Tell whoever runs the guardians.";
    case "guardians-unfinished":
      return "A change of PIN has reached some guardians and not all. Try again once every guardian answers; until then the old PIN and the new one may both fail.";
    case "guardians-refused":
      return "The guardians did not accept this. Nothing was changed.";
    case "text-empty":
      return "There is nothing to send.";
    case "text-too-long":
      return "This message is too long. Split it: 32,768 bytes is the most that fits.";
    case "relay-unreachable":
      return "The relay cannot be reached. What you wrote is kept and sent when it can.";
    case "relay-stopping":
      return "The relay is restarting. What you wrote is kept and sent when it is back.";
    case "relay-full":
      return "The relay's disk is full. What you wrote is kept here and sent when its operator made room.";
    case "relay-key-wrong":
      return "Something else answers at the relay's address. Nothing was sent. Ask the operator before you go on.";
    case "relay-incompatible":
      return "The relay speaks another version. Update Sotto, or ask the operator to.";
    case "quota-full":
      return "This conversation holds as much as the relay allows. Older messages have to burn first; yours is kept here.";
    case "tokens-spent":
      return "Your contract allows no further conversation. Ask the operator for another activation code.";
    case "rate-limited":
      return `The relay asks for patience. Try again in ${seconds(problem.retryAfterMs)}.`;
    case "device-full":
      return "This device's container is full. Nothing was lost. Older messages have to burn first.";
    case "device-failing":
      return "This device's disk refused to write. Nothing was sent. Check the disk, then try again.";
    case "device-missing":
      return "There is no profile on this device yet. Begin with the activation code you were given: ./sotto join CODE --as NAME";
    case "device-exists":
      return "There is a profile on this device already; it was not touched. Choose another place with --device FILE.";
    case "device-in-use":
      return "This device is in use by another Sotto. Nothing was done. Wait for it, or end it, then try again.";
    case "device-foreign":
      return "This file is not a Sotto device; it was not touched. Choose another with --device FILE.";
    case "device-unfinished":
      return "This device's making was cut short before it held anything. Join again with the same activation code.";
    case "device-newer":
      return "This device was written by a newer version; it was not touched. Update Sotto, then try again.";
    case "device-damaged":
      return "Parts of this device's container were changed or lost on disk. Keep the file, and restore a copy of it if you have one.";
    case "device-wiped":
      return "This device was wiped: nothing of what it held is left. Join again with a new activation code.";
    case "identity-invalid":
      return "What this contact presented does not verify. Nothing was sent. Ask them for a new link in person.";
    case "kit-made":
      return "The recovery kit was made, and this device cannot show it again. What is on paper is all there is of it.";
    case "kit-not-a-kit":
      return "This is not a recovery kit. Type its 24 words, or all of its text from sotto-kit: on.";
    case "kit-damaged":
      return "This recovery kit's text is incomplete or altered. Type its 24 words instead.";
    case "kit-newer":
      return "A newer version made this recovery kit. Update Sotto, then try again.";
    case "kit-word-count":
      return `A recovery kit has 24 words; these are ${problem.found}. Nothing was changed.`;
    case "kit-word-unknown":
      return `Word ${problem.at} is in no recovery kit. Look at it once more on the paper.`;
    case "kit-word-wrong":
      return "This is not the word that stands there on the paper. Look once more.";
    case "kit-words-mixed":
      return "These words do not belong together: one was mistaken for another, or two changed places. Compare them with the paper.";
    case "backup-missing":
      return "This relay keeps no backup for this recovery kit. Check the relay's address on the paper, and the words.";
    case "backup-invalid":
      return "What the relay gave does not open with this recovery kit, or is another account's. Nothing was changed. Ask its operator.";
    case "backup-newer":
      return "A newer version wrote this backup; it was not touched. Update Sotto, then try again.";
    case "file-empty":
      return "This file is empty, or it is none: there is nothing to send.";
    case "file-too-large":
      return "This file is too large: 100 MiB is the most that can be sent.";
    case "file-needed":
      return "The file is not where it was chosen, and it was too large to be kept here. Put it back, or send it again.";
    case "file-changed":
      return "The file is not the same any more that was chosen. Nothing more of it was sent. Send it again as it is now.";
    case "file-gone":
      return "The relay does not have this file any more: its time was over, or its sender took it back.";
    case "file-damaged":
      return "What the relay gave is not what was sent: it was altered or cut. Nothing of it can be trusted. Ask for it once more.";
    case "file-elsewhere":
      return "This message names a place for its file that this conversation has nothing to do with. Nothing was fetched.";
    case "message-gone":
      return "This message is not here any more: it burned or was deleted meanwhile. Nothing was changed.";
    case "group-role":
      return "Only the owner or an admin of this group may do this. Nothing was changed; ask one of them.";
    case "group-owner-leaves":
      return "You are the owner of this group. Make somebody else the owner first: ./sotto group role GROUP PERSON owner";
    case "group-full":
      return `A group has at most ${GROUP_MEMBERS_MAX} people. Nobody was added; choose fewer.`;
    case "group-over":
      return "You are in this group no longer. Nothing was sent or changed.";
    case "member-unreachable":
      return "Somebody you named cannot be added yet: they are no contact of yours, or their device has not said how it is reached. It does so when it is next online.";
    case "expired":
      return "The burn time of this message came before it could be sent. It is gone; nobody received it.";
    default:
      return unreachable(problem);
  }
}
