// The rule files as they are being edited: changes lie in this browser until they are published or thrown away.
import { defineStore } from "pinia";
import { computed, ref } from "vue";

import { type Schemas, api, body } from "../api/client";
import { useSession } from "./session";

type Kept = Record<string, { on: string; text: string }>;

export const useRuleFiles = defineStore("ruleFiles", () => {
  const session = useSession();
  const place = computed(() => `rules ${session.user?.id ?? 0}`);
  const version = ref("");
  const inForce = ref<Record<string, string>>({});
  const edits = ref<Record<string, string>>({});
  const problems = ref<Schemas["ProblemOut"][]>([]);

  async function load(): Promise<void> {
    const found = await body(api.GET("/api/routing/files"));
    version.value = found.version;
    inForce.value = found.files;
    const kept = JSON.parse(localStorage.getItem(place.value) ?? "{}") as Kept;
    // An edit of a text that is no longer in force would undo what somebody else has published.
    const mine = Object.entries(kept).filter(([name, edit]) => found.files[name] === edit.on && edit.text !== edit.on);
    edits.value = Object.fromEntries(mine.map(([name, edit]) => [name, edit.text]));
    problems.value = [];
  }

  const text = (name: string) => edits.value[name] ?? inForce.value[name] ?? "";

  function write(name: string, now: string): void {
    const { [name]: _, ...rest } = edits.value;
    edits.value = now === inForce.value[name] ? rest : { ...rest, [name]: now };
    keep();
  }

  function keep(): void {
    const kept: Kept = Object.fromEntries(Object.entries(edits.value).map(([name, now]) => [name, { on: inForce.value[name] ?? "", text: now }]));
    if (Object.keys(kept).length) localStorage.setItem(place.value, JSON.stringify(kept));
    else localStorage.removeItem(place.value);
  }

  function discard(): void {
    edits.value = {};
    problems.value = [];
    keep();
  }

  const changed = computed(() => Object.keys(edits.value).sort());
  return { version, inForce, edits, problems, changed, load, text, write, discard };
});
