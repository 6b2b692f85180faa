// What is advised on the call in hand, as it comes; and what the operator made of each suggestion.
import { defineStore } from "pinia";
import { computed, ref, watch } from "vue";

import { type Schemas, api, body } from "../api/client";
import { type Hint, useEvents } from "../api/events";
import { useCall } from "./call";

export type Advice = Schemas["AdviceOut"];
export type Kind = Schemas["SuggestionKind"];
export type Verdict = Schemas["Verdict"];

export const useAssist = defineStore("assist", () => {
  const call = useCall();
  const advice = ref<Advice | null>(null);
  const notes = ref("");
  const judged = ref<Record<string, Verdict>>({});

  function take(found: Schemas["AssistOut"]): void {
    advice.value = found.advice ?? null;
    notes.value = found.notes;
    judged.value = Object.fromEntries(found.verdicts.map((row) => [key(row.kind, row.subject), row.verdict]));
  }

  async function load(): Promise<void> {
    const wanted = call.callId;
    if (!wanted) return;
    const found = await body(api.GET("/api/calls/{call_id}/assist", { params: { path: { call_id: wanted } } })).catch(() => null);
    if (found && call.callId === wanted) take(found);
  }

  function hear(hint: Hint): void {
    if (hint.event === "assist.changed") advice.value = hint.data as unknown as Advice;
    else if (hint.event === "assist.judged") judged.value = { ...judged.value, [key(hint.data.kind as Kind, String(hint.data.subject))]: hint.data.verdict as Verdict };
  }

  /** Typed notes: with a call they are kept and feed the same rules, without one they are only tried. */
  async function write(text: string): Promise<void> {
    if (call.callId) take(await body(api.PUT("/api/calls/{call_id}/assist/notes", { params: { path: { call_id: call.callId } }, body: { text } })));
    else advice.value = await body(api.POST("/api/assist/try", { body: { text, line: "", town: "", repeat_calls: 0 } }));
  }

  /** Accepted, edited or rejected; without a call there is nothing to keep it with. */
  async function judge(kind: Kind, subject: string, verdict: Verdict, final = ""): Promise<void> {
    judged.value = { ...judged.value, [key(kind, subject)]: verdict };
    if (!call.callId) return;
    await body(api.POST("/api/calls/{call_id}/assist/verdicts", { params: { path: { call_id: call.callId } }, body: { kind, subject, verdict, final } }));
  }

  watch(
    () => call.callId,
    () => {
      advice.value = null;
      notes.value = "";
      judged.value = {};
      void load();
    },
    { immediate: true },
  );
  useEvents(
    () => (call.callId ? [`call:${call.callId}`] : []),
    hear,
    () => void load(),
  );

  const verdictOf = computed(() => (kind: Kind, subject: string) => judged.value[key(kind, subject)]);
  return { advice, notes, verdictOf, write, judge };
});

function key(kind: Kind, subject: string): string {
  return `${kind} ${subject}`;
}
