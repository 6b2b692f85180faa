// An alarm that is heard: two tones every few seconds while it lasts, silent until the page was allowed to sound.
import { onScopeDispose, ref, watch } from "vue";

const EVERY_MS = 4000;

export function useAlarm(isOn: () => boolean) {
  const heard = ref(localStorage.getItem("alarm-sound") !== "off");
  let context: AudioContext | undefined;
  let timer: ReturnType<typeof setInterval> | undefined;

  function beep(): void {
    if (!heard.value) return;
    context ??= new AudioContext();
    [880, 660].forEach((hertz, turn) => {
      const tone = context!.createOscillator();
      const volume = context!.createGain();
      volume.gain.value = 0.15;
      tone.frequency.value = hertz;
      tone.connect(volume).connect(context!.destination);
      tone.start(context!.currentTime + turn * 0.25);
      tone.stop(context!.currentTime + turn * 0.25 + 0.2);
    });
  }

  function toggle(): void {
    heard.value = !heard.value;
    localStorage.setItem("alarm-sound", heard.value ? "on" : "off");
  }

  watch(isOn, (on) => {
    clearInterval(timer);
    if (!on) return;
    beep();
    timer = setInterval(beep, EVERY_MS);
  });
  onScopeDispose(() => {
    clearInterval(timer);
    void context?.close();
  });
  return { heard, toggle };
}
