// Old tickets from a table: read once, mapped, then checked or imported part by part, so that it can be watched and
// stopped, and calls never wait for it.
import { defineStore } from "pinia";
import { computed, ref } from "vue";

import { type Schemas, api, body } from "../api/client";
import { fileForm } from "../download";

export const SLICE = 200;

export const useBringing = defineStore("bringing", () => {
  const name = ref("");
  const sheet = ref<Schemas["OldTicketsOut"] | null>(null);
  const map = ref<Record<string, string>>({});
  const done = ref(0);
  const running = ref<"" | "check" | "import">("");
  const last = ref<"" | "check" | "import">("");
  const outcome = ref({ made: 0, known: 0, bad: [] as Schemas["BadRowOut"][] });
  let stopping = false;

  async function read(file: File): Promise<void> {
    sheet.value = await body(api.POST("/api/tickets/import/read", fileForm(file)));
    name.value = file.name;
    const heads = new Set(sheet.value.heads);
    map.value = Object.fromEntries(sheet.value.fields.map((field) => [field.name, heads.has(field.label) ? field.label : heads.has(field.name) ? field.name : ""]));
    last.value = "";
  }

  const lacking = computed(() => (sheet.value?.fields ?? []).filter((field) => field.required && !map.value[field.name]).map((field) => field.label));
  const rows = computed(() => sheet.value?.rows ?? []);

  /** Slice by slice; resolves to whether it came to the end. A slice that was sent twice makes nothing twice. */
  async function run(what: "check" | "import"): Promise<boolean> {
    running.value = what;
    last.value = "";
    stopping = false;
    done.value = 0;
    outcome.value = { made: 0, known: 0, bad: [] };
    // A field that is not mapped must not fall back to a column of its usual name.
    const fields = Object.fromEntries(Object.entries(map.value).map(([field, head]) => [field, head || "-"]));
    try {
      for (let at = 0; at < rows.value.length && !stopping; at += SLICE) {
        const part = rows.value.slice(at, at + SLICE);
        const told = await body(api.POST("/api/tickets/import/rows", { body: { rows: part, fields, first_line: at + 2, dry_run: what === "check" } }));
        const { made, known, bad } = outcome.value;
        outcome.value = { made: made + told.made, known: known + told.known, bad: [...bad, ...told.bad] };
        done.value = at + part.length;
      }
      if (!stopping) last.value = what;
    } finally {
      running.value = "";
    }
    return !stopping;
  }
  const stop = () => void (stopping = true);

  /** The rows that cannot be imported with what is wrong, as a table to be mended. */
  function badRows(): string {
    const heads = [...(sheet.value?.heads ?? [])];
    const quote = (cell: string) => `"${(/^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell).replaceAll('"', '""')}"`;
    const lines = outcome.value.bad.map((bad) => [...heads.map((head) => rows.value[bad.line - 2]?.[head] ?? ""), bad.problem]);
    return `\ufeff${[[...heads, "问题"], ...lines].map((line) => line.map(quote).join(",")).join("\r\n")}`;
  }

  return { name, sheet, map, done, running, last, outcome, lacking, rows, read, run, stop, badRows };
});
