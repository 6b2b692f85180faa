// What is said in any call, as it is said; the console's own call has a store for it.
import { type Ref, computed, ref, watch } from "vue";

import { api, body } from "./api/client";
import { type Hint, useEvents } from "./api/events";
import { type Line, line } from "./stores/call";

export function useTranscript(callId: Ref<string | null>, changed: () => void) {
  const finals = ref<Line[]>([]);
  const interims = ref<Record<string, Line>>({});

  async function load(): Promise<void> {
    const wanted = callId.value;
    if (!wanted) return;
    const found = await body(api.GET("/api/calls/{call_id}/transcript", { params: { path: { call_id: wanted } } })).catch(() => null);
    if (found && callId.value === wanted) finals.value = found.segments.map((segment) => line(segment));
  }

  function hear(hint: Hint): void {
    if (hint.event === "transcript.interim") {
      const said = line(hint.data, true);
      interims.value = { ...interims.value, [said.speaker]: said };
    } else if (hint.event === "transcript.final" || hint.event === "transcript.changed") {
      interims.value = {};
      void load();
    } else changed();
  }

  watch(
    callId,
    () => {
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
  const lines = computed(() => [...[...finals.value].sort((a, b) => a.at - b.at), ...Object.values(interims.value).filter((said) => said.text)]);
  return { lines };
}
