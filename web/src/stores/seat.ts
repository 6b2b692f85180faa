// The operator's own seat: state, since when, what may be done now, and whether this page is the one that holds it.
import { defineStore } from "pinia";
import { computed, onScopeDispose, ref } from "vue";

import { type Schemas, api, body } from "../api/client";
import { live, useEvents } from "../api/events";
import { pageName } from "../page";
import { useSession } from "./session";

export type Seat = Schemas["OwnSeatOut"];

export const useSeat = defineStore("seat", () => {
  const session = useSession();
  const seat = ref<Seat | null>(null);
  const page = ref("");

  async function load(): Promise<void> {
    if (!session.hasSeat) return;
    page.value = await pageName();
    // Not known just now is not the same as none: the last known state stays.
    seat.value = await body(api.GET("/api/operators/me")).catch(() => seat.value);
  }

  const topics = computed(() => (seat.value ? [`operator:${seat.value.user_id}`] : []));
  useEvents(
    () => topics.value,
    () => void load(),
    () => void load(),
  );

  // Without the event stream the state is asked for, so that no call stays unseen.
  const poll = setInterval(() => !live.value && seat.value && void load(), 5000);
  onScopeDispose(() => clearInterval(poll));

  const isHere = computed(() => !!seat.value && ["", page.value].includes(seat.value.held_by));
  /** Another page's phone answers for this seat. */
  const isElsewhere = computed(() => !!seat.value && seat.value.state !== "offline" && seat.value.phone === "browser" && !isHere.value);

  async function take(phone: Seat["phone"], takeOver = false): Promise<void> {
    const order = { phone, page: await pageName(), take_over: takeOver };
    seat.value = await body(api.POST("/api/operators/me/login", { body: order }));
  }
  async function leave(): Promise<void> {
    seat.value = await body(api.POST("/api/operators/me/logout"));
  }
  async function pause(reason: string): Promise<void> {
    seat.value = await body(api.POST("/api/operators/me/pause", { body: { reason } }));
  }
  async function ready(): Promise<void> {
    seat.value = await body(api.POST("/api/operators/me/ready"));
  }
  async function finish(): Promise<void> {
    seat.value = await body(api.POST("/api/operators/me/wrap-up/done"));
  }
  const may = (action: Seat["allowed_actions"][number]) => seat.value?.allowed_actions.includes(action) ?? false;

  return { seat, isHere, isElsewhere, load, take, leave, pause, ready, finish, may };
});
