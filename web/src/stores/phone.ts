// The phone in the page lives here, above all pages, as long as this page holds the seat. The call itself lives in the
// telephone system: after a reload, or when the sound has broken off, the phone asks to be rung into it again.
import { defineStore } from "pinia";
import { computed, onScopeDispose, ref, watch } from "vue";

import { ApiError, api } from "../api/client";
import { Phone, type Registration, type Ringing } from "../softphone/phone";
import { startRinging, stopRinging } from "../softphone/ring";
import { useSeat } from "./seat";

/** How long a ring may take from the seat's state to the phone. */
const RING_MS = 1500;
/** After this the phone asks once more to be rung into its call. */
const AGAIN_MS = 6000;

export const usePhone = defineStore("phone", () => {
  const seat = useSeat();
  const registration = ref<Registration>("off");
  const call = ref<Ringing>("none");
  const muted = ref(false);
  const trouble = ref("");
  const returning = ref(false);
  const sound = document.createElement("audio");
  sound.autoplay = true;
  let phone: Phone | null = null;
  let again: ReturnType<typeof setTimeout> | undefined;

  const wanted = computed(() => {
    const own = seat.seat;
    const here = own && own.phone === "browser" && own.state !== "offline" && seat.isHere;
    return here ? `${own.extension} ${own.sip_password} ${own.sip_url}` : "";
  });

  watch(
    wanted,
    (now, before) => {
      // Held elsewhere now: the call goes there, so nothing is said to it from here.
      if (before && !now && seat.seat?.state !== "offline") phone?.abandon();
      else phone?.stop();
      phone = null;
      trouble.value = "";
      if (!now || !seat.seat) return;
      phone = new Phone(seat.seat, sound, {
        registration: registered,
        call: (state) => {
          call.value = state;
          if (state !== "none") returning.value = false;
          if (state !== "talking") muted.value = false;
        },
        failed: (sentence) => (trouble.value = sentence),
        broken: () => void comeBack(),
      });
      void phone.start();
    },
    { immediate: true },
  );
  watch(call, (state) => {
    if (state === "ringing" && !returning.value) startRinging();
    else stopRinging();
    void seat.load();
  });

  function registered(state: Registration): void {
    const again = state === "registered" && registration.value !== "registered";
    registration.value = state;
    if (again) void reconcile();
  }

  /** What this phone holds and what the seat is in may have parted while one of them was away. */
  async function reconcile(): Promise<void> {
    await seat.load();
    // The seat may know of a ring before the phone does.
    if (seat.seat?.state === "ringing" && !phone?.busy) {
      await new Promise((resolve) => setTimeout(resolve, RING_MS));
      await seat.load();
    }
    const state = seat.seat?.state;
    const inCall = state === "on_call" || state === "ringing";
    if (inCall && !phone?.busy) await comeBack();
    else if (!inCall && call.value === "talking") phone?.detach();
  }

  async function comeBack(): Promise<void> {
    const callId = seat.seat?.call_id;
    if (!callId || !phone) return void (returning.value = false);
    if (seat.seat?.state === "on_call") {
      returning.value = true;
      phone.expect();
    }
    clearTimeout(again);
    again = setTimeout(() => void (returning.value && comeBack()), AGAIN_MS);
    try {
      await api.POST("/api/calls/{call_id}/come-back", { params: { path: { call_id: callId } } });
    } catch (failure) {
      if (!(failure instanceof ApiError)) throw failure;
      // Refused for good: the call is over, or somebody else's. Otherwise it is tried again.
      if (failure.status >= 400 && failure.status < 500) returning.value = false;
      await seat.load();
    }
  }

  // Leaving the page breaks the sound for some seconds: ask first.
  const ask = (event: BeforeUnloadEvent) => {
    if (call.value === "talking") event.preventDefault();
  };
  const online = () => phone?.reconnect();
  addEventListener("beforeunload", ask);
  addEventListener("online", online);
  onScopeDispose(() => {
    removeEventListener("beforeunload", ask);
    removeEventListener("online", online);
  });

  const answer = () => phone?.answer();
  const hangUp = () => phone?.hangUp();
  const press = (key: string) => phone?.press(key);
  function mute(): void {
    muted.value = !muted.value;
    phone?.mute(muted.value);
  }

  return { registration, call, muted, trouble, returning, answer, hangUp, press, mute };
});
