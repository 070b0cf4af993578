/**
 * What a PIN must at least be, wherever one is chosen, and how one is made. A page can have it without the rest of the client.
 * Guardians allow some fifteen guesses, so what matters is that a PIN is none of the first fifteen that anybody would try.
 * Spec: spec/pins.md.
 */
import type { RandomBytes } from "@sotto/protocol";

export const PIN_DIGITS = 6;
export const PIN_DIGITS_MAX = 12;

/** A PIN has digits only, 6 to 12 of them; what somebody who knows people would try early is refused. */
export function pinMistake(pin: string): "pin-short" | "pin-common" | undefined {
  if (!/^\d+$/.test(pin) || pin.length < PIN_DIGITS || pin.length > PIN_DIGITS_MAX) return "pin-short";
  return isPatterned(pin) || COMMON.has(pin) ? "pin-common" : undefined;
}

/** Six digits, every one that is not refused as likely as any other. */
export function generatePin(random: RandomBytes): string {
  for (;;) {
    const [a = 0, b = 0, c = 0, d = 0] = random(4);
    const drawn = (a * 2 ** 24 + b * 2 ** 16 + c * 2 ** 8 + d) >>> 0;
    if (drawn >= UNBIASED_MAX) continue;
    const pin = String(drawn % 10 ** PIN_DIGITS).padStart(PIN_DIGITS, "0");
    if (pinMistake(pin) === undefined) return pin;
  }
}

/** The largest multiple of a million that four bytes hold: above it, small PINs would come more often. */
const UNBIASED_MAX = 4_294_000_000;

/** For reading out and writing down: groups of three, or two where three do not come out even. */
export const groupedPin = (pin: string): string =>
  pin.replace(pin.length % 3 === 0 ? /(\d{3})(?=\d)/g : /(\d{2})(?=\d)/g, "$1 ");

/** Each is a way in which people make digits easy to remember, and so easy to guess. */
const isPatterned = (pin: string): boolean =>
  hasFewDigits(pin) ||
  isRun(pin) ||
  isRepeated(pin) ||
  isPalindrome(pin) ||
  isDoubled(pin) ||
  isOnKeys(pin) ||
  isDate(pin);

/** 111111, 121212, 112221: two digits at most. */
const hasFewDigits = (pin: string): boolean => new Set(pin).size <= 2;

/** 123456, 987654, 246802: every step the same, over the end included. */
function isRun(pin: string): boolean {
  const steps = Array.from(pin.slice(1), (digit, at) => (Number(digit) - Number(pin[at]) + 10) % 10);
  return new Set(steps).size === 1;
}

/** 123123, 454545. */
const isRepeated = (pin: string): boolean => /^(\d{1,6})\1+$/.test(pin);

/** 123321. */
const isPalindrome = (pin: string): boolean => pin === Array.from(pin).reverse().join("");

/** 112233: pairs in a row. */
const isDoubled = (pin: string): boolean => /^(?:(\d)\1)+$/.test(pin);

/** 147258: columns and rows of the keys, up or down, one after the other. */
const isOnKeys = (pin: string): boolean => {
  const lines = ["123", "456", "789", "147", "258", "369", "159", "357"].flatMap((line) => [
    line,
    Array.from(line).reverse().join(""),
  ]);
  return pin.length % 3 === 0 && (pin.match(/\d{3}/g) ?? []).every((part) => lines.includes(part));
};

/** Days of people's lives: DDMMYY, MMDDYY, YYMMDD, and with four digits for the year. */
function isDate(pin: string): boolean {
  const cuts = [
    [0, 2, 4],
    [2, 0, 4],
    [4, 2, 0],
  ] as const;
  const two = (at: number): number => Number(pin.slice(at, at + 2));
  if (pin.length === PIN_DIGITS) return cuts.some(([day, month]) => isDay(two(day), two(month)));
  if (pin.length !== 8) return false;
  const isYear = (at: number): boolean => /^(?:19|20)\d\d$/.test(pin.slice(at, at + 4));
  return (
    (isYear(4) && (isDay(two(0), two(2)) || isDay(two(2), two(0)))) || (isYear(0) && isDay(two(6), two(4)))
  );
}

const isDay = (day: number, month: number): boolean => day >= 1 && day <= 31 && month >= 1 && month <= 12;

/** What no rule above finds and many choose: words on the keys, well-known numbers, and ends of runs. */
const COMMON: ReadonlySet<string> = new Set([
  "000007",
  "000042",
  "001337",
  "007007",
  "012345",
  "069069",
  "100000",
  "100001",
  "123450",
  "123457",
  "123465",
  "123654",
  "123789",
  "135246",
  "135791",
  "141421",
  "142857",
  "161803",
  "246135",
  "271828",
  "299792",
  "314159",
  "420420",
  "456123",
  "456321",
  "520131",
  "520520",
  "521521",
  "525252",
  "567891",
  "654123",
  "665544",
  "696969",
  "741852",
  "753951",
  "789123",
  "852456",
  "951753",
  "963852",
  "987456",
]);
