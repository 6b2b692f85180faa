// A day of the line in intervals, and how each queue and old number was answered in it; looked at anew every minute.
import { onMounted, onUnmounted, ref, watch } from "vue";

import { useLatest } from "./act";
import { type Schemas, api, body } from "./api/client";
import { day, instant, later } from "./useDay";

export type Rate = Schemas["IntervalOut"]["rates"][number];
/** The bound in the definition of the abandoned rate: by it both say the same. */
export const PATIENCE = 5;
export const rateOf = (rates: Rate[], code: string) => rates.find((found) => found.code === code);

export function useDayOfLine() {
  const { latest } = useLatest();
  const minutes = ref<number>(60);
  /** Empty: today, also after midnight. */
  const on = ref("");
  /** "queue:q12345" or "line:…"; empty: all. */
  const only = ref("");
  /** Who hung up sooner, in seconds, has not abandoned. */
  const patience = ref(PATIENCE);
  const intervals = ref<Schemas["IntervalOut"][]>([]);
  const groups = ref<Record<"line" | "queue", Schemas["GroupOut"][]>>({ line: [], queue: [] });

  async function load(): Promise<void> {
    const date = on.value || day();
    const span = { since: instant(date, "00:00"), until: instant(later(date, 1), "00:00") };
    const [by, group] = only.value.split(":");
    const narrowed = by && group ? { [by]: group } : {};
    await latest(
      () =>
        Promise.all([
          body(api.GET("/api/wallboard/history", { params: { query: { minutes: minutes.value, abandoned_after: patience.value, ...span, ...narrowed } } })),
          body(api.GET("/api/wallboard/by/{by}", { params: { path: { by: "line" }, query: span } })),
          body(api.GET("/api/wallboard/by/{by}", { params: { path: { by: "queue" }, query: span } })),
        ]),
      ([history, line, queue]) => {
        intervals.value = history.filter((interval) => interval.calls);
        groups.value = { line, queue };
      },
    );
  }

  const poll = setInterval(() => void load(), 60_000);
  onMounted(load);
  watch([minutes, on, only, patience], load);
  onUnmounted(() => clearInterval(poll));
  return { minutes, on, only, patience, intervals, groups };
}
