// What changed between two texts.
import { expect, test } from "vitest";

import { around, lineDiff } from "../src/lineDiff";

const kinds = (before: string, after: string) => lineDiff(before, after).map((line) => `${{ same: " ", came: "+", went: "-" }[line.kind]}${line.text}`);

test("lines that came and went stand where they belong", () => {
  expect(kinds("a\nb\nc", "a\nx\nc")).toEqual([" a", "-b", "+x", " c"]);
  expect(kinds("a\nb", "a\nb")).toEqual([" a", " b"]);
  expect(kinds("a\nb\nc\nd", "b\nc\nd\ne")).toEqual(["-a", " b", " c", " d", "+e"]);
});

test("both texts can be put together again", () => {
  const [before, after] = ["1\n2\n3\n4\n5\n6", "2\n3\n9\n5\n5\n6\n7"];
  const lines = lineDiff(before, after);
  expect(lines.filter((line) => line.kind !== "came").map((line) => line.text).join("\n")).toBe(before);
  expect(lines.filter((line) => line.kind !== "went").map((line) => line.text).join("\n")).toBe(after);
});

test("far lines are left out", () => {
  const text = Array.from({ length: 30 }, (_, n) => String(n)).join("\n");
  const shown = around(lineDiff(text, text.replace("15", "x")), 1);
  expect(shown.map((line) => line?.text ?? "…")).toEqual(["14", "15", "x", "16", "…"]);
});

test("a very large change is one block", () => {
  const many = (mark: string) => Array.from({ length: 2500 }, (_, n) => `${mark}${n}`).join("\n");
  expect(lineDiff(many("a"), many("b"))).toHaveLength(5000);
});
