// The call in hand: its record, what is being said, and what the rules make of it.
import { defineStore } from "pinia";
import { computed, ref, watch } from "vue";

import { type Schemas, api, body } from "../api/client";
import { type Hint, useEvents } from "../api/events";
import { useSeat } from "./seat";

export type CallRecord = Schemas["RecordOut"];
export type Line = { key: string; speaker: string; text: string; raw: string; at: number; interim: boolean; corrections: Correction[] };
type Correction = { from?: unknown; to?: unknown };

const REFETCH = new Set(["call.changed", "leg.joined", "leg.left", "leg.failed", "transcript.changed", "survey.changed", "decision.judged"]);

export const useCall = defineStore("call", () => {
  const seat = useSeat();
  const callId = computed(() => seat.seat?.call_id ?? null);
  const record = ref<CallRecord | null>(null);
  const decision = ref<Schemas["DecisionOut"] | null>(null);
  const finals = ref<Line[]>([]);
  const interims = ref<Record<string, Line>>({});

  async function load(): Promise<void> {
    const wanted = callId.value;
    if (!wanted) return;
    const found = await body(api.GET("/api/calls/{call_id}", { params: { path: { call_id: wanted } } })).catch(() => null);
    if (!found || callId.value !== wanted) return;
    record.value = found;
    decision.value = found.decision;
    finals.value = found.transcript.map((segment) => line(segment));
  }

  async function loadDecision(): Promise<void> {
    const wanted = callId.value;
    if (!wanted) return;
    const found = await body(api.GET("/api/calls/{call_id}/decision", { params: { path: { call_id: wanted } } })).catch(() => null);
    if (callId.value === wanted) decision.value = found;
  }

  function hear(hint: Hint): void {
    if (hint.event === "transcript.interim") {
      const said = line(hint.data, true);
      interims.value = { ...interims.value, [said.speaker]: said };
    } else if (hint.event === "transcript.final") {
      const said = line(hint.data);
      const { [said.speaker]: _over, ...others } = interims.value;
      interims.value = others;
      if (!finals.value.some((known) => known.key === said.key)) finals.value = [...finals.value, said];
    } else if (hint.event === "decision.made") void loadDecision();
    else if (REFETCH.has(hint.event)) void load();
  }

  watch(
    callId,
    () => {
      record.value = null;
      decision.value = null;
      finals.value = [];
      interims.value = {};
      void load();
    },
    { immediate: true },
  );
  useEvents(
    () => (callId.value ? [`call:${callId.value}`] : []),
    hear,
    () => void load(),
  );

  const lines = computed(() => [
    ...[...finals.value].sort((a, b) => a.at - b.at),
    ...Object.values(interims.value).filter((said) => said.text),
  ]);
  const callerWords = computed(() =>
    lines.value
      .filter((said) => said.speaker === "caller" && !said.interim)
      .map((said) => said.text)
      .join("，"),
  );
  return { callId, record, decision, lines, callerWords, load };
});

export function line(segment: Record<string, unknown>, interim = false): Line {
  return {
    key: segment.tap_id ? `${segment.tap_id} ${segment.seq}` : `${segment.speaker} ${segment.started_at}`,
    speaker: String(segment.speaker ?? ""),
    at: Date.parse(String(segment.started_at ?? "").replace(" ", "T")),
    interim,
    text: String(segment.text ?? ""),
    raw: String(segment.raw_text ?? ""),
    corrections: (segment.corrections as Correction[] | undefined) ?? [],
  };
}
