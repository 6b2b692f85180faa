// One event stream for the whole application. Events are hints: whoever listens fetches again, and after every
// reconnection everybody does, because what happened meanwhile is not repeated.
import { onScopeDispose, ref, watch } from "vue";

const NAMES = [
  "banner.changed",
  "appraisal.changed",
  "assist.changed",
  "assist.judged",
  "call.changed",
  "call.ringing",
  "callback.claimed",
  "callback.done",
  "callback.requested",
  "callback.tried",
  "decision.judged",
  "decision.made",
  "followup.changed",
  "followup.drawn",
  "duty.changed",
  "duty.drafted",
  "help.changed",
  "linkage.changed",
  "knowledge.changed",
  "knowledge.task_added",
  "leg.joined",
  "leg.left",
  "leg.failed",
  "message.changed",
  "message.read",
  "message.said",
  "notice.announced",
  "notice.ended",
  "quality.changed",
  "objection.filed",
  "objection.ruled",
  "objection.withdrawn",
  "report.changed",
  "rules.published",
  "seat.changed",
  "statement.changed",
  "survey.changed",
  "survey.started",
  "ticket.changed",
  "ticket.clocks_changed",
  "ticket.supervised",
  "transcript.changed",
  "transcript.final",
  "transcript.interim",
  "warning.changed",
  "warning.raised",
  "user.changed",
] as const;
export type EventName = (typeof NAMES)[number];
export type Hint = { event: EventName; topic: string; data: Record<string, unknown> };

type Listener = { topics: readonly string[]; hear: (hint: Hint) => void; refresh: () => void };

const listeners = new Set<Listener>();
let source: EventSource | null = null;
let openFor = "";
let scheduled = false;
let refusals = 0;

/** Whether the stream is open; pages say so when it is not. */
export const live = ref(false);

function topics(): string[] {
  return [...new Set([...listeners].flatMap((listener) => listener.topics))].sort();
}

function deliver(event: EventName, data: Record<string, unknown>): void {
  const topic = String(data.topic ?? "");
  for (const listener of listeners) if (listener.topics.includes(topic)) listener.hear({ event, topic, data });
}

function open(): void {
  scheduled = false;
  const wanted = topics().join("\n");
  if (wanted === openFor && source && source.readyState !== EventSource.CLOSED) return;
  source?.close();
  source = null;
  openFor = wanted;
  if (!wanted) return;
  const query = new URLSearchParams(topics().map((topic) => ["topics", topic]));
  const stream = new EventSource(`/api/events?${query}`);
  source = stream;
  stream.addEventListener("stream.open", () => {
    live.value = true;
    refusals = 0;
    for (const listener of listeners) listener.refresh();
  });
  stream.addEventListener("stream.lost", () => {
    live.value = false;
  });
  stream.onerror = () => {
    live.value = false;
    // A refused stream is not tried again by the browser: later and later, and not all pages at once.
    if (stream.readyState === EventSource.CLOSED) setTimeout(schedule, backOff(++refusals));
  };
  for (const name of NAMES) stream.addEventListener(name, (event) => deliver(name, JSON.parse((event as MessageEvent<string>).data)));
}

/** 1, 2, 4, 8, at most 15 seconds, and up to half as long again. */
export function backOff(times: number, random: number = Math.random()): number {
  return Math.min(15_000, 500 * 2 ** times) * (1 + random / 2);
}

/** Try at once, whatever the stream is waiting for. */
export function reopen(): void {
  source?.close();
  source = null;
  schedule();
}
addEventListener("online", reopen);

function schedule(): void {
  if (scheduled) return;
  scheduled = true;
  setTimeout(open, 20);
}

/** Hear the events of topics, which may change, while the calling component or store lives. */
export function useEvents(of: () => readonly string[], hear: (hint: Hint) => void, refresh: () => void): void {
  const listener: Listener = { topics: [], hear, refresh };
  listeners.add(listener);
  watch(
    of,
    (found) => {
      listener.topics = found;
      schedule();
    },
    { immediate: true },
  );
  onScopeDispose(() => {
    listeners.delete(listener);
    schedule();
  });
}
