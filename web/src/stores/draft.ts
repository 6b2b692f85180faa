// The ticket being written: each field with where its value came from. Kept in the browser until it is registered, so
// that nothing is lost on a reload, per call.
import { defineStore } from "pinia";
import { computed, ref, watch } from "vue";

import type { Schemas } from "../api/client";
import { type Suggestion, TERRITORY, address } from "../suggestion";
import { useCall } from "./call";

export type Origin = "rule" | "speech" | "draft";
export type Form = {
  title: string;
  content: string;
  kind: string;
  topic: string;
  urgency: string;
  outcome: string;
  town: string;
  place: string;
  lead_unit_id: string;
  co_unit_ids: string[];
  caller_name: string;
  is_secret: boolean;
  answer: string;
};

export const EMPTY: Readonly<Form> = {
  title: "",
  content: "",
  kind: "",
  topic: "",
  urgency: "一般",
  outcome: "DISPATCH",
  town: "",
  place: "",
  lead_unit_id: "",
  co_unit_ids: [],
  caller_name: "",
  is_secret: false,
  answer: "",
};

type Kept = { form: Form; from: Partial<Record<keyof Form, Origin>>; verdict: Verdict; key: string };
type Verdict = "" | "accept" | "edit" | "reject";

const fresh = (): Kept => ({ form: { ...EMPTY, co_unit_ids: [] }, from: {}, verdict: "", key: crypto.randomUUID() });

export const useDraft = defineStore("draft", () => {
  const call = useCall();
  const place = computed(() => `draft ${call.callId ?? "none"}`);
  const kept = ref<Kept>(fresh());
  const suggestion = ref<Suggestion | null>(null);
  let loading = false;

  function load(): void {
    loading = true;
    const stored = sessionStorage.getItem(place.value);
    kept.value = stored ? (JSON.parse(stored) as Kept) : fresh();
    loading = false;
  }
  watch(place, load, { immediate: true });
  watch(kept, (now) => loading || sessionStorage.setItem(place.value, JSON.stringify(now)), { deep: true });

  // What the caller says becomes the content until somebody has written it anew.
  watch(
    () => call.callerWords,
    (words) => {
      if (words && (!kept.value.form.content || kept.value.from.content === "speech")) set("content", words, "speech");
    },
  );

  function set<Field extends keyof Form>(field: Field, value: Form[Field], origin: Origin): void {
    kept.value.form[field] = value;
    kept.value.from[field] = origin;
  }

  /** Suggestions fill only what nobody has touched. */
  function suggest(found: Suggestion | null): void {
    suggestion.value = found;
    if (!found || kept.value.verdict === "reject") return;
    for (const [field, value] of Object.entries(fieldsOf(found)) as [keyof Form, Form[keyof Form]][]) {
      const origin = kept.value.from[field];
      if (origin === "draft") continue;
      set(field, value as never, "rule");
    }
  }

  function accept(found: Suggestion): void {
    kept.value.verdict = "accept";
    for (const [field, value] of Object.entries(fieldsOf(found)) as [keyof Form, Form[keyof Form]][]) set(field, value as never, "rule");
  }

  function reject(): void {
    for (const field of Object.keys(kept.value.from) as (keyof Form)[])
      if (kept.value.from[field] === "rule") set(field, (field === "co_unit_ids" ? [] : EMPTY[field]) as never, "draft");
    kept.value.verdict = "reject";
  }

  /** A person wrote it. */
  function touched(field: keyof Form): void {
    kept.value.from[field] = "draft";
    if (kept.value.verdict === "accept") kept.value.verdict = "edit";
  }

  /** What is sent when the ticket is registered. */
  function order(): Schemas["TicketIn"] {
    const { answer, ...form } = kept.value.form;
    return {
      ...form,
      lead_unit_id: form.lead_unit_id || null,
      call_id: call.callId,
      citizen_id: call.record?.citizen_id ?? null,
      suggestion: suggestion.value ?? {},
      is_rejected: kept.value.verdict === "reject",
      answer,
      dispatch: false,
    } as Schemas["TicketIn"];
  }

  function clear(): void {
    sessionStorage.removeItem(place.value);
    kept.value = fresh();
  }

  return {
    form: computed(() => kept.value.form),
    from: computed(() => kept.value.from),
    verdict: computed(() => kept.value.verdict),
    key: computed(() => kept.value.key),
    set,
    suggest,
    accept,
    reject,
    touched,
    order,
    clear,
  };
});

function fieldsOf(found: Suggestion): Partial<Form> {
  const lead = found.lead_unit === TERRITORY ? "" : found.lead_unit;
  return {
    title: `${found.town}${found.topic.split("-").at(-1) ?? ""}`,
    kind: found.kind,
    topic: found.topic,
    urgency: found.urgency,
    outcome: found.outcome,
    town: found.town,
    place: address(found),
    lead_unit_id: lead,
    co_unit_ids: found.co_units.filter((unit) => unit !== TERRITORY && unit !== lead),
  };
}
