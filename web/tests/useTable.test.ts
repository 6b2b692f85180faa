// A table being edited: steps, undo, what is left for later, a sheet laid over it.
import { beforeEach, expect, test } from "vitest";

import { tableText, useTable } from "../src/useTable";

const FOUND = { version: "v1", rows: [{ id: "a", name: "甲" }, { id: "b", name: "乙" }, { id: "c", name: "丙" }] };

beforeEach(() => localStorage.clear());

function loaded() {
  const table = useTable(() => "table 1 units");
  table.load(FOUND);
  return table;
}

test("every step is undone by itself", () => {
  const table = loaded();
  table.put(0, { id: "a", name: "甲镇" });
  table.remove(1);
  table.add({ id: "d", name: "丁" });
  expect(table.changes.value).toBe(3);
  expect(table.result.value.map((row) => row.name)).toEqual(["甲镇", "丙", "丁"]);
  table.undo();
  table.undo();
  expect(table.rows.value.map(table.state)).toEqual(["changed", "", ""]);
  table.undo();
  expect(table.changes.value).toBe(0);
  expect(table.canUndo.value).toBe(false);
});

test("a new row that is taken out leaves no trace, one in force can come back", () => {
  const table = loaded();
  table.add({ id: "d" });
  table.remove(3);
  expect(table.rows.value).toHaveLength(3);
  table.put(1, { id: "b", name: "二" });
  table.remove(1);
  table.restore(1);
  expect(table.changes.value).toBe(0);
});

test("order counts as a change", () => {
  const table = loaded();
  table.move(2, -1);
  expect(table.isMoved.value).toBe(true);
  expect(table.result.value.map((row) => row.id)).toEqual(["a", "c", "b"]);
  table.move(2, 1);
  expect(table.changes.value).toBe(0);
  table.move(0, -1);
  expect(table.changes.value).toBe(0);
});

test("edits wait in this browser for the same version only", () => {
  loaded().put(0, { id: "a", name: "甲镇" });
  const again = useTable(() => "table 1 units");
  expect(again.load(FOUND)).toBe(true);
  expect(again.result.value[0]!.name).toBe("甲镇");
  const later = useTable(() => "table 1 units");
  expect(later.load({ ...FOUND, version: "v2" })).toBe(false);
  again.discard();
  expect(localStorage.length).toBe(0);
});

test("a sheet is laid over the table: same names are the same rows, what is missing goes", () => {
  const table = loaded();
  table.replace([{ id: "c", name: "丙" }, { id: "a", name: "甲镇" }, { id: "x", name: "新" }], ["id"]);
  expect(table.rows.value.map((row) => [row.cells.id, table.state(row)])).toEqual([
    ["c", ""],
    ["a", "changed"],
    ["x", "added"],
    ["b", "removed"],
  ]);
  table.undo();
  expect(table.changes.value).toBe(0);
});

test("a table is written as its file", () => {
  expect(tableText(["topic", "note"], [{ topic: "噪声", note: "店铺\t外放\n夜里" }, { topic: "路灯" }])).toBe("topic\tnote\n噪声\t店铺 外放 夜里\n路灯\t\n");
});
