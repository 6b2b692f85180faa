// A year as twelve months of weeks, each day with what is known of it.
const DAY_MS = 24 * 3600 * 1000;

export type Cell<T> = { day: string; number: number; weekend: boolean; special: T | null };
export type Month<T> = { month: number; weeks: (Cell<T> | null)[][] };

const at = (day: string) => Date.parse(`${day}T00:00:00Z`);
const text = (ms: number) => new Date(ms).toISOString().slice(0, 10);

/** So many days after. */
export const after = (day: string, days: number) => text(at(day) + days * DAY_MS);

/** Weeks begin on Monday; days of other months are null. */
export function months<T>(year: number, special: Map<string, T>): Month<T>[] {
  return Array.from({ length: 12 }, (_, n) => {
    const first = Date.UTC(year, n, 1);
    const count = new Date(Date.UTC(year, n + 1, 0)).getUTCDate();
    const lead = (new Date(first).getUTCDay() + 6) % 7;
    const cells: (Cell<T> | null)[] = Array.from({ length: lead }, () => null);
    for (let number = 1; number <= count; number++) {
      const day = text(first + (number - 1) * DAY_MS);
      cells.push({ day, number, weekend: cells.length % 7 > 4, special: special.get(day) ?? null });
    }
    while (cells.length % 7) cells.push(null);
    return { month: n + 1, weeks: Array.from({ length: cells.length / 7 }, (_, week) => cells.slice(week * 7, week * 7 + 7)) };
  });
}
