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
  /** No sound comes through any more although the call is up: the way to the other side has changed. */
  broken: () => void;
};

debug.disable();

const EXPECT_MS = 15_000;

/** Opens the microphone once, so that the browser asks while nobody is waiting. */
async function microphone(): Promise<void> {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
  for (const track of stream.getTracks()) track.stop();
}

export class Phone {
  private readonly socket: WebSocketInterface;
  private readonly ua: UA;
  private session: RTCSession | null = null;
  private expectedUntil = 0;

  constructor(
    seat: Seat,
    private readonly sound: HTMLAudioElement,
    private readonly report: Report,
  ) {
    this.socket = new WebSocketInterface(seat.sip_url);
    this.ua = new UA({
      sockets: [this.socket],
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

  /** Log off; a call that is up ends. */
  stop(): void {
    this.ua.stop();
    this.gone();
  }

  /** Stop without a word to the other side: the call lives on, and another page's phone takes it. */
  abandon(): void {
    this.detach();
    this.socket.disconnect();
    this.stop();
  }

  /** The next call is one that was asked for: it is answered by itself and takes the place of what is up. */
  expect(): void {
    this.expectedUntil = Date.now() + EXPECT_MS;
  }

  /** Forget a call that is over on the other side, without ending it there. */
  detach(): void {
    const session = this.session;
    this.session = null;
    session?.connection?.close();
    this.sound.srcObject = null;
    this.report.call("none");
  }

  /** Connect anew at once instead of at the next turn. */
  reconnect(): void {
    if (!this.ua.isConnected()) this.ua.start();
  }

  get busy(): boolean {
    return this.session !== null;
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

  private gone(): void {
    this.session = null;
    this.report.registration("off");
    this.report.call("none");
  }

  private take(session: RTCSession): void {
    const expected = Date.now() < this.expectedUntil;
    const busy = this.session && !this.session.isEnded();
    if (session.direction !== "incoming" || (busy && !expected)) {
      session.terminate({ status_code: 486 });
      return;
    }
    if (busy) this.detach();
    this.expectedUntil = 0;
    this.session = session;
    this.report.call("ringing");
    session.on("peerconnection", ({ peerconnection }: { peerconnection: RTCPeerConnection }) => this.listen(peerconnection));
    session.on("accepted", () => this.session === session && this.report.call("talking"));
    const over = () => {
      if (this.session !== session) return;
      this.session = null;
      this.sound.srcObject = null;
      this.report.call("none");
    };
    session.on("ended", over);
    session.on("failed", over);
    session.on("getusermediafailed", () => this.report.failed(texts.phone.noMicrophone));
    if (expected) this.answer();
  }

  private listen(connection: RTCPeerConnection): void {
    connection.addEventListener("track", ({ streams, track }) => {
      this.sound.srcObject = streams[0] ?? new MediaStream([track]);
      void this.sound.play().catch(() => undefined);
    });
    connection.addEventListener("iceconnectionstatechange", () => {
      if (connection.iceConnectionState === "failed" && this.session?.connection === connection) this.report.broken();
    });
  }
}
