/** Dates as they are typed, and as they are printed. Spec: spec/terminal.md, TC30. */

const DATE = /^(\d{4})-(\d\d)-(\d\d)(?:[ T](\d\d):(\d\d))?$/;

/** As `read` and `find` print them: 2026-11-22 or 2026-11-22 14:02, by this machine's zone. Undefined: no such time. */
export function dateToTime(text: string, daysLater = 0): number | undefined {
  const [, year, month, day, hour = "0", minute = "0"] = DATE.exec(text) ?? [];
  if (year === undefined || month === undefined || day === undefined) return undefined;
  const at = new Date(Number(year), Number(month) - 1, Number(day) + daysLater, Number(hour), Number(minute));
  // What the calendar does not have it takes for a later day.
  const isReal = daysLater > 0 || (at.getMonth() === Number(month) - 1 && at.getHours() === Number(hour));
  return isReal ? at.getTime() : undefined;
}

/** `--until` a day is with that day, until a minute without it. */
export const untilToTime = (text: string): number | undefined =>
  dateToTime(text) === undefined ? undefined : dateToTime(text, text.length > 10 ? 0 : 1);
