import assert from "node:assert/strict";
import { test } from "node:test";
import { parseCommand } from "../src/arguments.ts";
import { printable } from "../src/output.ts";

const parse = (...words: string[]) => parseCommand(words, {});

test("[TC1] a command, its operands and options", () => {
  const parsed = parse("send", "alice", "hello", "--device", "d", "--json", "--timeout", "5");
  assert.ok(parsed.ok);
  assert.deepEqual(parsed.value.operands, ["alice", "hello"]);
  assert.equal(parsed.value.device, "d");
  assert.equal(parsed.value.json, true);
  assert.equal(parsed.value.timeoutMs, 5_000);
});

for (const [what, words, says] of [
  ["no command", [], /no command/],
  ["an unknown command", ["shout"], /no command "shout"/],
  ["too few operands", ["add"], /Usage: .*add LINK/],
  ["too many operands", ["link", "x"], /Usage: .*link/],
  ["an unknown option", ["list", "--loud"], /--loud/],
  ["a count of nothing", ["read", "bob", "--count", "0"], /whole number/],
  ["a relay with a path", ["join", "CODE", "--as", "Alice", "--relay", "http://localhost/x"], /--relay/],
  ["a container of no size", ["join", "CODE", "--as", "Alice", "--size", "3"], /--size/],
  ["both outcomes of comparing", ["verify", "bob", "--matches", "--differs"], /not both/],
  ["a burn time too short to read", ["send", "bob", "x", "--burn", "4s"], /5s at least/],
  ["a burn time without a unit", ["send", "bob", "x", "--burn", "30"], /such as 30s/],
  ["never after reading", ["reply", "bob", "abcd", "x", "--burn-after-reading", "off"], /such as 30s/],
  ["two burn times", ["send", "bob", "x", "--burn", "1h", "--burn-after-reading", "1h"], /not both/],
  ["joining without a name", ["join", "CODE"], /name/],
  ["an act that no group knows", ["group", "shout", "friday"], /group new NAME PERSON/],
  ["a group of nobody else", ["group", "new", "Friday"], /Usage: .*group new/],
  ["two people removed at once", ["group", "remove", "friday", "bob", "carol"], /Usage: .*group remove/],
  ["a role that there is none of", ["group", "role", "friday", "bob", "king"], /owner\|admin\|member/],
  ["the passphrase as an option", ["list", "--passphrase", "x"], /--passphrase/],
] as const)
  test(`[TC1 TC6] ${what} is refused with a sentence`, () => {
    const parsed = parse(...words);
    assert.ok(!parsed.ok);
    assert.match(parsed.error, says);
  });

test("[TC16] a burn time of one message, from sending or from reading", () => {
  for (const [words, burn] of [
    [["--burn", "30s"], { ms: 30_000, from: "sending" }],
    [["--burn", "5s"], { ms: 5_000, from: "sending" }],
    [["--burn", "off"], { ms: 0, from: "sending" }],
    [["--burn-after-reading", "2h"], { ms: 7_200_000, from: "reading" }],
    [[], undefined],
  ] as const) {
    const parsed = parse("send", "bob", "hello", ...words);
    assert.ok(parsed.ok);
    assert.deepEqual(parsed.value.burn, burn);
  }
});

test("[TC3] control sequences and direction overrides of others do not reach the terminal", () => {
  assert.equal(printable("a\u001b[31mred\u202etxt\nb"), "a\ufffd[31mred\ufffdtxt\n      b");
  assert.equal(printable("grüße 👋🏽"), "grüße 👋🏽");
});

test("[TC30] [TC31] a date is one of the calendar, and a day of --until is with that day", () => {
  const times = (...words: readonly string[]) => {
    const parsed = parseCommand(["find", "x", ...words], {});
    return parsed.ok ? [parsed.value.since, parsed.value.until, parsed.value.at] : parsed.error;
  };
  const at = (...parts: readonly [number, number, number, number?, number?]): number =>
    new Date(parts[0], parts[1] - 1, parts[2], parts[3] ?? 0, parts[4] ?? 0).getTime();
  assert.deepEqual(times(), [undefined, undefined, undefined]);
  assert.deepEqual(times("--since", "2026-11-20", "--until", "2026-12-31"), [
    at(2026, 11, 20),
    at(2027, 1, 1),
    undefined,
  ]);
  assert.deepEqual(
    times("--at", "2026-11-22 14:02", "--until", "2026-11-22 14:02")[2],
    at(2026, 11, 22, 14, 2),
  );
  assert.deepEqual(times("--until", "2026-11-22 14:02")[1], at(2026, 11, 22, 14, 2));
  for (const wrong of [
    "",
    "today",
    "2026-02-30",
    "2026-13-01",
    "22.11.2026",
    "2026-11-22 25:00",
    "2026-11-22Z",
  ])
    assert.match(String(times("--since", wrong)), /take a date/, wrong);
});
