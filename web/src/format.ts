// How people read times, durations and shares here.
const clock = new Intl.DateTimeFormat("zh-CN", {
  timeZone: "Asia/Shanghai",
  year: "numeric",
  month: "2-digit",
  day: "2-digit",
  hour: "2-digit",
  minute: "2-digit",
  hourCycle: "h23",
});

const timeOnly = new Intl.DateTimeFormat("zh-CN", {
  timeZone: "Asia/Shanghai",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
});

/** 2026-11-24 09:05, in the city's time wherever the browser is. */
export function moment(at: string | null | undefined): string {
  if (!at) return "";
  const part = Object.fromEntries(clock.formatToParts(new Date(at)).map(({ type, value }) => [type, value]));
  return `${part.year}-${part.month}-${part.day} ${part.hour}:${part.minute}`;
}

/** 09:05:07 */
export function timeOfDay(at: string | null | undefined): string {
  return at ? timeOnly.format(new Date(at)) : "";
}

/** 1:05 or 1:02:03 */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60];
  const two = (value: number) => String(value).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

export function secondsBetween(from: string | null | undefined, to: string | null | undefined): number | null {
  return from && to ? (Date.parse(to) - Date.parse(from)) / 1000 : null;
}

export function percent(value: number | null | undefined): string {
  return value == null ? "—" : `${(value * 100).toFixed(2)}%`;
}

/** How near a limit is: late, soon (within a day), or fine. */
export function light(due: string | null | undefined, now: number = Date.now()): "late" | "soon" | "fine" | "none" {
  if (!due) return "none";
  const left = Date.parse(due) - now;
  if (left < 0) return "late";
  return left < 24 * 3600 * 1000 ? "soon" : "fine";
}
