// Days and times are the city's, wherever the browser is.
import { expect, test } from "vitest";

import { instant, later, monday } from "../src/useDay";

test("a time of the city is an instant", () => {
  expect(instant("2026-11-27", "09:00")).toBe("2026-11-27T01:00:00.000Z");
});

test("a shift over midnight ends the next day", () => {
  expect(instant("2026-11-27", "08:00", "20:00")).toBe("2026-11-28T00:00:00.000Z");
  expect(instant("2026-12-31", "00:00", "16:00")).toBe("2026-12-31T16:00:00.000Z");
});

test("weeks begin on Monday", () => {
  expect(monday("2026-11-23")).toBe("2026-11-23");
  expect(monday("2026-11-29")).toBe("2026-11-23");
  expect(later("2026-11-30", 7)).toBe("2026-12-07");
});
