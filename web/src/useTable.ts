// A table being edited: what stands in force, what was changed, every step undone one by one.
import { computed, ref } from "vue";

export type Cells = Record<string, string>;
export type State = "" | "added" | "changed" | "removed";
/** `base`: the place of the row in the table in force; null: it is new. */
export type EditedRow = { id: number; base: number | null; cells: Cells; removed: boolean };
type Kept = { version: string; rows: EditedRow[] };

const MOST_STEPS = 100;

/** The rows as the table's file: what the server reads. */
export function tableText(heads: string[], rows: Cells[]): string {
  const cell = (text = "") => text.split(/\s+/).filter(Boolean).join(" ");
  return [heads, ...rows.map((row) => heads.map((head) => cell(row[head])))].map((line) => `${line.join("\t")}\n`).join("");
}

export function useTable(place: () => string) {
  const base = ref<Cells[]>([]);
  const version = ref("");
  const rows = ref<EditedRow[]>([]);
  const steps = ref<EditedRow[][]>([]);
  let next = 0;

  const row = (cells: Cells, at: number | null): EditedRow => ({ id: next++, base: at, cells: { ...cells }, removed: false });
  const same = (a: Cells, b: Cells) => [...new Set([...Object.keys(a), ...Object.keys(b)])].every((name) => (a[name] ?? "") === (b[name] ?? ""));

  function state(of: EditedRow): State {
    if (of.removed) return "removed";
    if (of.base === null) return "added";
    return same(of.cells, base.value[of.base] ?? {}) ? "" : "changed";
  }
  const isMoved = computed(() => {
    const order = rows.value.flatMap((of) => (of.base === null ? [] : [of.base]));
    return order.some((at, place) => place > 0 && at < order[place - 1]!);
  });
  const changes = computed(() => rows.value.filter((of) => state(of)).length + (isMoved.value ? 1 : 0));
  /** The table as it shall be. */
  const result = computed(() => rows.value.filter((of) => !of.removed).map((of) => of.cells));

  /** The table in force; edits that were left on the same version come back. Says whether there were any. */
  function load(found: { version: string; rows: Cells[] }): boolean {
    base.value = found.rows;
    version.value = found.version;
    steps.value = [];
    next = 0;
    rows.value = found.rows.map((cells, at) => row(cells, at));
    const kept = JSON.parse(localStorage.getItem(place()) ?? "null") as Kept | null;
    if (kept?.version === found.version) {
      rows.value = kept.rows;
      next = Math.max(-1, ...kept.rows.map((of) => of.id)) + 1;
    }
    return changes.value > 0;
  }

  function keep(): void {
    if (!changes.value) return localStorage.removeItem(place());
    localStorage.setItem(place(), JSON.stringify({ version: version.value, rows: rows.value } satisfies Kept));
  }

  function step(change: (now: EditedRow[]) => EditedRow[]): void {
    steps.value = [...steps.value.slice(-MOST_STEPS + 1), rows.value];
    rows.value = change(rows.value);
    keep();
  }

  function undo(): void {
    const before = steps.value.at(-1);
    if (!before) return;
    steps.value = steps.value.slice(0, -1);
    rows.value = before;
    keep();
  }

  const put = (id: number, cells: Cells) => step((now) => now.map((of) => (of.id === id ? { ...of, cells: { ...cells } } : of)));
  const add = (cells: Cells) => step((now) => [...now, row(cells, null)]);
  /** A new row is simply gone; one in force is marked until it is published. */
  const remove = (id: number) => step((now) => now.flatMap((of) => (of.id !== id ? [of] : of.base === null ? [] : [{ ...of, removed: true }])));
  const restore = (id: number) =>
    step((now) => now.map((of) => (of.id === id ? { ...of, removed: false, cells: of.base === null ? of.cells : { ...base.value[of.base]! } } : of)));
  function move(id: number, by: -1 | 1): void {
    const at = rows.value.findIndex((of) => of.id === id);
    const to = at + by;
    if (at < 0 || to < 0 || to >= rows.value.length) return;
    step((now) => now.map((of, place) => (place === at ? now[to]! : place === to ? now[at]! : of)));
  }
  const discard = () => step(() => base.value.map((cells, at) => row(cells, at)));

  /** A whole table from a sheet: rows of one name are the same row, what it does not speak of stays. */
  function replace(sheet: Cells[], identity: string[]): void {
    const name = (cells: Cells) => JSON.stringify(identity.length ? identity.map((column) => cells[column] ?? "") : Object.values(cells));
    const known = new Map(base.value.map((cells, at) => [name(cells), at]));
    step(() => {
      const made = sheet.map((cells) => {
        const at = known.get(name(cells)) ?? null;
        known.delete(name(cells));
        return row(at === null ? cells : { ...base.value[at], ...cells }, at);
      });
      return [...made, ...[...known.values()].map((at) => ({ ...row(base.value[at]!, at), removed: true }))];
    });
  }

  const canUndo = computed(() => steps.value.length > 0);
  return { base, version, rows, changes, isMoved, result, canUndo, state, load, undo, put, add, remove, restore, move, discard, replace };
}
