// The phone in the page lives here, above all pages, as long as the operator sits at a browser phone.
import { defineStore } from "pinia";
import { computed, ref, watch } from "vue";

import { Phone, type Registration, type Ringing } from "../softphone/phone";
import { startRinging, stopRinging } from "../softphone/ring";
import { useSeat } from "./seat";

export const usePhone = defineStore("phone", () => {
  const seat = useSeat();
  const registration = ref<Registration>("off");
  const call = ref<Ringing>("none");
  const muted = ref(false);
  const trouble = ref("");
  const sound = document.createElement("audio");
  sound.autoplay = true;
  let phone: Phone | null = null;

  const wanted = computed(() => {
    const own = seat.seat;
    return own && own.phone === "browser" && own.state !== "offline" ? `${own.extension} ${own.sip_password} ${own.sip_url}` : "";
  });

  watch(
    wanted,
    (now) => {
      phone?.stop();
      phone = null;
      trouble.value = "";
      if (!now || !seat.seat) return;
      phone = new Phone(seat.seat, sound, {
        registration: (state) => (registration.value = state),
        call: (state) => {
          call.value = state;
          if (state !== "talking") muted.value = false;
        },
        failed: (sentence) => (trouble.value = sentence),
      });
      void phone.start();
    },
    { immediate: true },
  );
  watch(call, (state) => {
    if (state === "ringing") startRinging();
    else stopRinging();
    void seat.load();
  });

  // Leaving the page would cut the talk: ask first.
  addEventListener("beforeunload", (event) => {
    if (call.value === "talking") event.preventDefault();
  });

  const answer = () => phone?.answer();
  const hangUp = () => phone?.hangUp();
  const press = (key: string) => phone?.press(key);
  function mute(): void {
    muted.value = !muted.value;
    phone?.mute(muted.value);
  }

  return { registration, call, muted, trouble, answer, hangUp, press, mute };
});
