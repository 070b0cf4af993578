/**
 * What the made-up people wrote to each other over six days. A line is a time, who wrote, and the text. The time is
 * "6d 09:12", days ago at a local time, or "55m", minutes ago. A "!" after the writer: not read by the other yet.
 */
import type { Person } from "./cast.ts";

export type Scene = {
  readonly between: readonly [Person, Person];
  readonly isVerified?: true;
  readonly drafts?: Readonly<Partial<Record<Person, string>>>;
  readonly lines: string;
};

export const SCENES: readonly Scene[] = [
  {
    between: ["alice", "bob"],
    isVerified: true,
    lines: `
6d 09:12 alice Morning Bob. This is the channel I meant. Nothing about the harbour story by mail from here on, please.
6d 09:15 bob Agreed. Shall we compare the numbers when you are in the office?
6d 09:16 alice At eleven. I bring coffee.
6d 11:20 bob They match. Marked you as verified.
6d 11:21 alice Same here.
6d 14:02 alice So: we have the concession contract, both annexes, and the minutes of two board meetings.
6d 14:03 alice The second annex is the interesting one. It moves the dredging risk to the city.
6d 14:20 bob Who has seen the documents besides you?
6d 14:22 alice Priya, for the figures. Mara knows that they exist, not what they say.
6d 14:25 bob Keep it at that until I have read them. How did they reach you?
6d 14:26 alice On paper. I would rather not say more than that.
6d 14:27 bob Good. Do not tell me either.
6d 17:48 alice Copies are in your safe, Tomás has the receipt.
6d 18:05 bob Reading tonight.
5d 08:31 bob Read. It is a story. It is also three lawsuits if we are careless.
5d 08:33 alice I had hoped for two.
5d 08:40 bob First: the word "bribe" cannot be in it. You have a payment and a vote. You do not have the reason.
5d 08:41 bob Second: the chairman's brother is not a public figure. His company is.
5d 08:42 bob Third: they need a fair chance to answer. A real one, not forty minutes on a Friday.
5d 08:50 alice Understood on one and two. On three, how long is fair?
5d 08:52 bob Two working days, with questions they can actually answer.
5d 08:53 alice Then we publish on Thursday at the earliest.
5d 08:54 bob Then you publish on Thursday.
5d 12:10 alice Draft of the questions is with you, eleven of them.
5d 15:36 bob Nine are fine. Number four tells them which minutes we have. Number seven is two questions.
5d 15:37 bob I wrote both anew. See the margin.
5d 15:58 alice Better. You would have made a decent editor.
5d 16:01 bob I sleep more in this profession.
4d 09:05 alice Questions went out at nine, by courier and by mail, with a receipt.
4d 09:06 bob Who signed for them?
4d 09:07 alice Front desk, by name. Tomás has the slip.
4d 13:45 alice Their press office called. Very friendly. Wanted to know "in which direction the piece goes".
4d 13:47 bob And?
4d 13:47 alice I said: through the archives.
4d 13:50 bob Ha. Keep a note of the call, time and name.
4d 13:51 alice Already did.
4d 19:22 alice Mara found the captain of the dredger. He remembers the depth soundings. He will not be quoted.
4d 19:30 bob Then he is background. If you need the fact, find it on paper.
4d 19:31 alice The port's own log should have it. Priya is looking.
3d 10:14 bob A letter from their counsel. Six pages, four of them adjectives.
3d 10:15 bob They ask for a week more. They threaten an injunction. They do not deny the payment.
3d 10:17 alice They do not deny it?
3d 10:18 bob Page five. "Customary in the trade." I would frame it.
3d 10:25 alice Do we give them the week?
3d 10:31 bob We give them until Wednesday noon, in writing, with reasons. A judge should see that we were generous.
3d 10:32 alice Draft it, I sign it.
3d 16:40 bob Sent.
2d 08:58 alice Priya found the log. The depth was known eleven days before the vote.
2d 09:00 bob In their own log?
2d 09:00 alice With a stamp.
2d 09:04 bob That changes the second paragraph, and my mood.
2d 09:20 alice New second paragraph is with you.
2d 11:47 bob Read. "Knew" is right now. Yesterday it would not have been.
2d 11:48 alice That is the nicest thing you ever said about a paragraph.
1d 12:06 bob Noon has passed. Their answer came at 11:52, two pages, no injunction.
1d 12:07 bob Quote the third sentence in full, then nobody can say that you cut it.
1d 12:15 alice Will do. It also happens to be the worst one.
1d 17:30 alice Layout is done. You get the proof at nine tomorrow.
1d 17:33 bob I read it once more for libel and once for pleasure.
95m alice Proof is with you. Page one and pages four to five.
70m bob Two commas and one "allegedly" that you no longer need. Otherwise it stands.
66m alice You are clearing it?
64m bob I am clearing it. In writing, with the two commas.
21m bob! One more thing: when it is out, send the source nothing for a while. Not even thanks.
`,
  },
  {
    between: ["alice", "mara"],
    drafts: { alice: "Could you check the name of the second vessel once more before" },
    lines: `
6d 10:05 alice Are you at the coast already?
6d 12:40 mara Since this morning. Grey, windy, very photogenic.
6d 12:42 mara The quay in the contract is a parking lot for fish crates.
6d 12:50 alice Good. Frames without people in them, please, and without number plates.
5d 18:15 mara Twelve frames picked. The crane one is the cover, I think.
5d 18:40 alice It is. Who is the man at the left edge?
5d 18:44 mara Nobody. I cut him out, he never agreed to be there.
4d 19:10 mara Found the captain. He talks as long as I do not write.
4d 19:12 alice Then do not write. Is he safe with that?
4d 19:14 mara He retires in March. He says he is looking forward to somebody asking.
2d 21:30 mara The ferry is cancelled. I stay one more night, there is soup.
2d 21:34 alice Stay. The story does not swim away.
48m mara! Back in signal. Captions are done, all with date and place.
47m mara! And the soup was excellent.
`,
  },
  {
    between: ["alice", "priya"],
    lines: `
6d 15:10 alice Three years of harbour accounts. I need to know what the dredging cost, and who knew when.
6d 15:22 priya Which of the two sets of books?
6d 15:23 alice There are two?
6d 15:24 priya There are always two. I call you tomorrow.
5d 11:05 priya First pass: the advance was paid nine days before the contract was signed.
5d 11:06 priya That is unusual. It is not illegal. I write it like that, with the sources.
5d 11:20 alice Exactly like that.
3d 14:48 priya Found it in the annex to the port log, page 212. Soundings, signed and stamped.
3d 14:49 priya Eleven days before the vote. I checked the calendar against two newspapers.
3d 14:55 alice I could kiss the archive.
3d 14:56 priya Please do not, the paper is from 1987.
1d 09:30 priya The table for page five is final. Every figure has its source in the margin.
1d 09:41 alice Perfect. It goes in as it is.
`,
  },
  {
    between: ["alice", "tomas"],
    lines: `
6d 16:30 tomas Good afternoon. I confirm receipt of one sealed envelope, 84 pages, for Mr Adeyemi's safe.
6d 16:34 alice Thank you. Please count them again when he opens it.
6d 16:35 tomas Always.
4d 09:40 tomas The courier's slip is filed. Signed 09:02, name legible.
4d 09:41 alice You are a treasure.
`,
  },
  {
    between: ["bob", "tomas"],
    lines: `
6d 18:01 bob The envelope from the newsroom: my eyes only until I say otherwise. Not on the server.
6d 18:02 tomas It is in the safe, entered as "personal papers".
5d 09:10 bob I need every judgment of the last five years on "customary in the trade".
5d 13:25 tomas Fourteen. Two help us, one hurts, eleven are about fish.
5d 13:27 bob Read me the one that hurts.
5d 13:40 tomas On your desk, marked in yellow. The facts were different: nobody had asked the other side.
3d 09:50 tomas A letter from the other side's counsel has come by messenger, six pages.
3d 09:52 bob Scan nothing. I come out.
1d 12:01 tomas 11:52, two pages. I stamped it in.
1d 12:03 bob Thank you. Hold my calls until one.
33m tomas! The presiding judge's clerk asks whether we expect filings tonight. I said not from us.
`,
  },
  {
    between: ["bob", "priya"],
    drafts: { bob: "If it came to a hearing, would you be willing to explain the table to" },
    lines: `
5d 14:10 bob Ms Nair, I am reviewing the harbour piece. May I ask you about figure three?
5d 14:16 priya Please do. Everyone asks about figure three.
5d 14:18 bob Is the difference an error of theirs, or of ours?
5d 14:30 priya Of theirs. They carried a seven. I attached the page, and the same page a year earlier.
5d 14:41 bob So we say "according to the port's own accounts", and nothing stronger.
5d 14:42 priya Yes. The accounts are strong enough.
2d 10:05 priya The log is genuine as far as I can tell: same paper, same stamp, same misspelling as the years around it.
2d 10:12 bob The misspelling is my favourite piece of evidence so far.
`,
  },
  {
    between: ["bob", "mara"],
    lines: `
4d 20:02 bob Alice says that you spoke with a captain. For my file I need no name. I need to know what he was promised.
4d 20:20 mara Nothing, except that I keep my mouth shut. Which I am doing.
4d 20:22 bob Then I have no further questions.
2d 21:40 mara The cover frame: one crane, no faces, taken from the public road. Is that all right with you?
2d 21:52 bob From the public road, it is perfect.
`,
  },
];
