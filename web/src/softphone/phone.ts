// The operator's phone in the browser: registers, rings, answers, mutes. Hold and three-way calls are done by the
// telephone system (CallerPanel), so that the caller is never left alone when this page goes away.
import { UA, WebSocketInterface, debug } from "jssip";
import type { RTCSession } from "jssip/lib/RTCSession";

import type { Seat } from "../stores/seat";
import { texts } from "../texts";

export type Registration = "off" | "connecting" | "registered" | "failed";
export type Ringing = "none" | "ringing" | "talking";

export type Report = {
  registration: (state: Registration) => void;
  call: (state: Ringing) => void;
  failed: (sentence: string) => void;
};

debug.disable();

/** Opens the microphone once, so that the browser asks while nobody is waiting. */
async function microphone(): Promise<void> {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
  for (const track of stream.getTracks()) track.stop();
}

export class Phone {
  private readonly ua: UA;
  private session: RTCSession | null = null;

  constructor(
    seat: Seat,
    private readonly sound: HTMLAudioElement,
    private readonly report: Report,
  ) {
    this.ua = new UA({
      sockets: [new WebSocketInterface(seat.sip_url)],
      uri: `sip:${seat.extension}@${seat.sip_domain}`,
      password: seat.sip_password,
      register_expires: 60,
      session_timers: false,
      connection_recovery_min_interval: 1,
      connection_recovery_max_interval: 5,
    });
    this.ua.on("connecting", () => report.registration("connecting"));
    this.ua.on("disconnected", () => report.registration("connecting"));
    this.ua.on("registered", () => report.registration("registered"));
    this.ua.on("unregistered", () => report.registration("connecting"));
    this.ua.on("registrationFailed", () => report.registration("failed"));
    this.ua.on("newRTCSession", ({ session }: { session: RTCSession }) => this.take(session));
  }

  async start(): Promise<void> {
    this.ua.start();
    try {
      await microphone();
    } catch {
      this.report.failed(texts.phone.noMicrophone);
    }
  }

  stop(): void {
    this.ua.stop();
    this.report.registration("off");
    this.report.call("none");
  }

  answer(): void {
    this.session?.answer({ mediaConstraints: { audio: true, video: false }, pcConfig: { iceServers: [] } });
  }

  hangUp(): void {
    if (this.session && !this.session.isEnded()) this.session.terminate();
  }

  mute(on: boolean): void {
    if (on) this.session?.mute({ audio: true });
    else this.session?.unmute({ audio: true });
  }

  press(key: string): void {
    this.session?.sendDTMF(key);
  }

  private take(session: RTCSession): void {
    if (session.direction !== "incoming" || (this.session && !this.session.isEnded())) {
      session.terminate({ status_code: 486 });
      return;
    }
    this.session = session;
    this.report.call("ringing");
    session.on("peerconnection", ({ peerconnection }: { peerconnection: RTCPeerConnection }) => {
      peerconnection.addEventListener("track", ({ streams, track }) => {
        this.sound.srcObject = streams[0] ?? new MediaStream([track]);
        void this.sound.play().catch(() => undefined);
      });
    });
    session.on("accepted", () => this.report.call("talking"));
    const over = () => {
      if (this.session === session) this.session = null;
      this.sound.srcObject = null;
      this.report.call("none");
    };
    session.on("ended", over);
    session.on("failed", over);
    session.on("getusermediafailed", () => this.report.failed(texts.phone.noMicrophone));
  }
}
