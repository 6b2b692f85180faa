// The tickets being written, several from one call: each field with where its value came from. Kept in the browser at
// every keystroke and on the server a moment later, until they are registered: nothing is lost on a reload or a crash.
import { defineStore } from "pinia";
import { computed, ref, watch } from "vue";

import { ApiError, type Schemas, api, body } from "../api/client";
import { type Suggestion, TERRITORY, address } from "../suggestion";
import { useCall } from "./call";
import { useSession } from "./session";

export type Origin = "rule" | "speech" | "draft";
export type Form = {
  title: string;
  content: string;
  kind: string;
  topic: string;
  urgency: string;
  outcome: string;
  town: string;
  place: string;
  lead_unit_id: string;
  co_unit_ids: string[];
  caller_name: string;
  is_secret: boolean;
  answer: string;
};

export const EMPTY: Readonly<Form> = {
  title: "",
  content: "",
  kind: "",
  topic: "",
  urgency: "一般",
  outcome: "DISPATCH",
  town: "",
  place: "",
  lead_unit_id: "",
  co_unit_ids: [],
  caller_name: "",
  is_secret: false,
  answer: "",
};

type Verdict = "" | "accept" | "edit" | "reject";
/** One ticket being written. `more`: a further one of the same call, which suggestions leave alone until taken. */
export type Kept = {
  form: Form;
  from: Partial<Record<keyof Form, Origin>>;
  verdict: Verdict;
  key: string;
  call: string | null;
  citizen: number | null;
  more: boolean;
};
/** As it lies in this browser; `unsaved` names those the server does not have yet. */
type Stored = { drafts: Kept[]; active: number; unsaved: string[] };

const SAVE_MS = 1200;
const AGAIN_MS = 8000;

export const useDraft = defineStore("draft", () => {
  const call = useCall();
  const session = useSession();
  const place = computed(() => `draft ${session.user?.id ?? 0} ${call.callId ?? "none"}`);
  const drafts = ref<Kept[]>([fresh()]);
  const active = ref(0);
  const kept = computed(() => drafts.value[active.value] ?? drafts.value[0]!);
  const suggestion = ref<Suggestion | null>(null);
  /** Where the last keystroke is: on the server, or only here so far. */
  const kind = ref<"empty" | "saved" | "local">("empty");
  const atServer = new Map<string, string>();
  let timer: ReturnType<typeof setTimeout> | undefined;

  function fresh(more = false): Kept {
    const here = { call: call.callId, citizen: call.record?.citizen_id ?? null };
    return { form: { ...EMPTY, co_unit_ids: [] }, from: {}, verdict: "", key: crypto.randomUUID(), more, ...here };
  }
  /** What was said has become a ticket already: another one is a person's own. */
  const isFurther = () => kept.value.more || !!call.record?.tickets.length;
  const isEmpty = (draft: Kept) => !Object.keys(draft.from).length;
  const unsaved = () => drafts.value.filter((draft) => !isEmpty(draft) && atServer.get(draft.key) !== JSON.stringify(draft));

  async function load(): Promise<void> {
    const where = place.value;
    const left = unsaved();
    const stored = JSON.parse(localStorage.getItem(where) ?? "null") as Stored | null;
    drafts.value = stored?.drafts.length ? stored.drafts : [fresh()];
    active.value = Math.min(stored?.active ?? 0, drafts.value.length - 1);
    kind.value = "empty";
    // What was typed last in the call before is not left to the next keystroke.
    for (const draft of left) await put(draft).catch(() => undefined);
    // Without a call all that was left unregistered is shown.
    const query = call.callId ? { call_id: call.callId } : {};
    const found = await body(api.GET("/api/ticket-drafts", { params: { query } })).catch(() => null);
    if (found && place.value === where) merge(found.map((draft) => ({ ...(draft.body as unknown as Kept), key: draft.key })), stored);
  }

  /** The server's drafts, except where this browser knows better. */
  function merge(found: Kept[], stored: Stored | null): void {
    const mine = new Set(stored?.unsaved ?? []);
    for (const draft of found) {
      atServer.set(draft.key, JSON.stringify(draft));
      const at = drafts.value.findIndex((known) => known.key === draft.key);
      if (at >= 0 && !mine.has(draft.key)) drafts.value[at] = draft;
      else if (at < 0 && drafts.value.length === 1 && isEmpty(kept.value)) drafts.value = [draft];
      else if (at < 0) drafts.value.push(draft);
    }
  }

  function store(): void {
    const filled = drafts.value.filter((draft) => !isEmpty(draft));
    if (!filled.length) return localStorage.removeItem(place.value);
    const stored: Stored = { drafts: drafts.value, active: active.value, unsaved: unsaved().map((draft) => draft.key) };
    localStorage.setItem(place.value, JSON.stringify(stored));
  }

  /** Everything the server does not have yet; what fails is tried again. */
  async function save(): Promise<void> {
    clearTimeout(timer);
    for (const draft of unsaved()) {
      try {
        await put(draft);
      } catch (failure) {
        if (!(failure instanceof ApiError)) throw failure;
        if (failure.status === 409) atServer.set(draft.key, JSON.stringify(draft));
        else timer = setTimeout(() => void save(), AGAIN_MS);
        break;
      }
    }
    note();
  }

  async function put(draft: Kept): Promise<void> {
    const now = JSON.stringify(draft);
    const params = { path: { key: draft.key } };
    await api.PUT("/api/ticket-drafts/{key}", { params, body: { call_id: draft.call ?? "", body: JSON.parse(now) } });
    atServer.set(draft.key, now);
  }

  function note(): void {
    kind.value = unsaved().length ? "local" : isEmpty(kept.value) ? "empty" : "saved";
    store();
  }

  watch(place, () => void load(), { immediate: true });
  watch(
    drafts,
    () => {
      note();
      if (kind.value !== "local") return;
      clearTimeout(timer);
      timer = setTimeout(() => void save(), SAVE_MS);
    },
    { deep: true },
  );
  watch(active, store);

  // What the caller says becomes the content until somebody has written it anew.
  watch(
    () => call.callerWords,
    (words) => {
      if (words && !isFurther() && (!kept.value.form.content || kept.value.from.content === "speech")) set("content", words, "speech");
    },
  );

  function set<Field extends keyof Form>(field: Field, value: Form[Field], origin: Origin): void {
    kept.value.form[field] = value;
    kept.value.from[field] = origin;
  }

  /** Suggestions fill only what nobody has touched. */
  function suggest(found: Suggestion | null): void {
    suggestion.value = found;
    if (!found || kept.value.verdict === "reject" || isFurther()) return;
    for (const [field, value] of Object.entries(fieldsOf(found)) as [keyof Form, Form[keyof Form]][]) {
      const origin = kept.value.from[field];
      if (origin === "draft") continue;
      set(field, value as never, "rule");
    }
  }

  function accept(found: Suggestion): void {
    kept.value.verdict = "accept";
    for (const [field, value] of Object.entries(fieldsOf(found)) as [keyof Form, Form[keyof Form]][]) set(field, value as never, "rule");
  }

  function reject(): void {
    for (const field of Object.keys(kept.value.from) as (keyof Form)[])
      if (kept.value.from[field] === "rule") set(field, (field === "co_unit_ids" ? [] : EMPTY[field]) as never, "draft");
    kept.value.verdict = "reject";
  }

  /** A person wrote it. */
  function touched(field: keyof Form): void {
    kept.value.from[field] = "draft";
    if (kept.value.verdict === "accept") kept.value.verdict = "edit";
  }

  /** What is sent when the ticket is registered. */
  function order(): Schemas["TicketIn"] {
    const { answer, ...form } = kept.value.form;
    return {
      ...form,
      lead_unit_id: form.lead_unit_id || null,
      call_id: kept.value.call,
      citizen_id: kept.value.citizen ?? (kept.value.call === call.callId ? (call.record?.citizen_id ?? null) : null),
      suggestion: suggestion.value ?? {},
      is_rejected: kept.value.verdict === "reject",
      answer,
      dispatch: false,
    } as Schemas["TicketIn"];
  }

  /** Another matter of the same caller: who and where stay, the rest is empty. What stays is nothing anybody wrote in it. */
  function another(): Kept {
    const next = fresh(true);
    const { caller_name, town, place: spot } = kept.value.form;
    Object.assign(next.form, { caller_name, town, place: spot });
    return next;
  }

  /** One that is empty already is as good as a new one. */
  function add(): void {
    const empty = drafts.value.findIndex(isEmpty);
    if (empty < 0) drafts.value.push(another());
    active.value = empty < 0 ? drafts.value.length - 1 : empty;
  }

  function open(at: number): void {
    active.value = at;
  }

  /** It has become a ticket, or is thrown away. */
  function clear(registered = false): void {
    const gone = kept.value.key;
    const rest = drafts.value.filter((draft) => draft.key !== gone);
    drafts.value = rest.length ? rest : [registered && call.callId ? another() : fresh()];
    active.value = Math.min(active.value, drafts.value.length - 1);
    if (atServer.delete(gone)) void api.DELETE("/api/ticket-drafts/{key}", { params: { path: { key: gone } } }).catch(() => undefined);
  }

  return {
    form: computed(() => kept.value.form),
    from: computed(() => kept.value.from),
    verdict: computed(() => kept.value.verdict),
    key: computed(() => kept.value.key),
    list: computed(() => drafts.value.map((draft) => draft.form.title)),
    active: computed(() => active.value),
    kind: computed(() => kind.value),
    add,
    open,
    save,
    set,
    suggest,
    accept,
    reject,
    touched,
    order,
    clear,
  };
});

function fieldsOf(found: Suggestion): Partial<Form> {
  const lead = found.lead_unit === TERRITORY ? "" : found.lead_unit;
  return {
    title: `${found.town}${found.topic.split("-").at(-1) ?? ""}`,
    kind: found.kind,
    topic: found.topic,
    urgency: found.urgency,
    outcome: found.outcome,
    town: found.town,
    place: address(found),
    lead_unit_id: lead,
    co_unit_ids: found.co_units.filter((unit) => unit !== TERRITORY && unit !== lead),
  };
}
