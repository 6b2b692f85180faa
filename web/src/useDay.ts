// Days and times as people fill them in here: the city's own, wherever the browser is.
const DAY_MS = 24 * 3600 * 1000;

/** 2026-11-27, so many days from today. */
export function day(offset = 0): string {
  return new Date(Date.now() + offset * DAY_MS).toLocaleDateString("sv-SE", { timeZone: "Asia/Shanghai" });
}

/** The instant of a day and a time of the city; a time before `after` is one of the next day. */
export function instant(on: string, time: string, after = ""): string {
  const at = Date.parse(`${on}T${time}:00+08:00`);
  return new Date(after && time <= after ? at + DAY_MS : at).toISOString();
}

/** Monday of the week in which the day lies. */
export function monday(on: string): string {
  const at = Date.parse(`${on}T12:00:00+08:00`);
  return new Date(at - ((new Date(at).getUTCDay() + 6) % 7) * DAY_MS).toLocaleDateString("sv-SE", { timeZone: "Asia/Shanghai" });
}

export function later(on: string, days: number): string {
  return new Date(Date.parse(`${on}T12:00:00+08:00`) + days * DAY_MS).toLocaleDateString("sv-SE", { timeZone: "Asia/Shanghai" });
}
