import { expect, test } from "vitest";

import { after, months } from "../src/months";

test("a year is laid out in weeks from Monday", () => {
  const [january, february] = months(2026, new Map([["2026-01-04", "班"]]));
  expect(january!.weeks[0]!.map((cell) => cell?.number ?? 0)).toEqual([0, 0, 0, 1, 2, 3, 4]);
  expect(january!.weeks[0]![6]).toEqual({ day: "2026-01-04", number: 4, weekend: true, special: "班" });
  expect(february!.weeks.flat().filter(Boolean)).toHaveLength(28);
  expect(february!.weeks.at(-1)!.at(-1)).toBeNull();
});

test("leap years have their day, and every month whole weeks", () => {
  const year = months(2028, new Map());
  expect(year[1]!.weeks.flat().filter(Boolean)).toHaveLength(29);
  expect(year.flatMap((month) => month.weeks).every((week) => week.length === 7)).toBe(true);
  expect(year.flatMap((month) => month.weeks.flat()).filter(Boolean)).toHaveLength(366);
});

test("days are counted over the ends of months", () => {
  expect(after("2026-02-28", 1)).toBe("2026-03-01");
  expect(after("2026-01-01", -1)).toBe("2025-12-31");
});
