import { describe, expect, it } from "vitest";

import { duration, light, moment, percent, secondsBetween } from "../src/format";

describe("times", () => {
  it("are read in the city's time, wherever the browser is", () => {
    expect(moment("2026-11-24T16:05:00Z")).toBe("2026-11-25 00:05");
    expect(moment(null)).toBe("");
  });

  it("last as people say them", () => {
    expect([duration(0), duration(65.9), duration(3723), duration(-5)]).toEqual(["0:00", "1:05", "1:02:03", "0:00"]);
  });

  it("have no distance when one is missing", () => {
    expect(secondsBetween("2026-11-24T00:00:00Z", "2026-11-24T00:01:00Z")).toBe(60);
    expect(secondsBetween(undefined, "2026-11-24T00:01:00Z")).toBeNull();
  });
});

describe("lights", () => {
  const now = Date.parse("2026-11-24T00:00:00Z");
  it.each([
    ["2026-11-23T23:59:59Z", "late"],
    ["2026-11-24T23:59:59Z", "soon"],
    ["2026-11-25T00:00:01Z", "fine"],
    [null, "none"],
  ])("%s is %s", (due, colour) => expect(light(due, now)).toBe(colour));
});

describe("shares", () => {
  it("of nothing are not zero", () => {
    expect(percent(null)).toBe("—");
    expect(percent(0)).toBe("0.00%");
    expect(percent(0.8049)).toBe("80.49%");
  });
});
