// Whoever pressed the key wants the talk: the phone in the page answers a call that was ordered here by itself.
import { watch } from "vue";

import { usePhone } from "./stores/phone";

/** `isMine`: what rings now was ordered here. It may ring before the order is confirmed. */
export function useOwnCall(isMine: () => boolean): void {
  const phone = usePhone();
  watch(
    () => phone.call === "ringing" && isMine(),
    (mine) => mine && phone.answer(),
  );
}
