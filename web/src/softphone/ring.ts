// The ring of an incoming call: two tones, made here, so that no sound file is needed.
let context: AudioContext | null = null;
let timer: ReturnType<typeof setInterval> | undefined;

function burst(): void {
  if (!context) return;
  const gain = context.createGain();
  gain.gain.setValueAtTime(0.08, context.currentTime);
  gain.gain.setValueAtTime(0, context.currentTime + 1);
  gain.connect(context.destination);
  for (const hertz of [440, 480]) {
    const tone = context.createOscillator();
    tone.frequency.value = hertz;
    tone.connect(gain);
    tone.start();
    tone.stop(context.currentTime + 1);
  }
}

export function startRinging(): void {
  if (timer) return;
  context ??= new AudioContext();
  void context.resume().catch(() => undefined);
  burst();
  timer = setInterval(burst, 3000);
}

export function stopRinging(): void {
  clearInterval(timer);
  timer = undefined;
}
