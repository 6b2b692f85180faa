// Who is logged in, and what the pages may offer them.
import { defineStore } from "pinia";
import { computed, ref } from "vue";

import { type Schemas, api, body, whenLoggedOut } from "../api/client";

type User = Schemas["UserOut"];

/** Says that somebody logged in here; the session itself is a cookie that scripts cannot read. */
const OPENED = "hotline-session";

export const useSession = defineStore("session", () => {
  const user = ref<User | null>(null);
  const checked = ref(false);

  whenLoggedOut(() => {
    user.value = null;
    localStorage.removeItem(OPENED);
  });

  /** The session that a cookie from before still holds, if any. */
  async function resume(): Promise<void> {
    if (checked.value) return;
    if (localStorage.getItem(OPENED)) user.value = await body(api.GET("/api/me")).catch(() => null);
    checked.value = true;
  }

  async function logIn(username: string, password: string): Promise<void> {
    const opened = await body(api.POST("/api/login", { body: { username, password } }));
    user.value = opened.user;
    localStorage.setItem(OPENED, "1");
    checked.value = true;
  }

  async function logOut(): Promise<void> {
    await api.POST("/api/logout").catch(() => undefined);
    user.value = null;
    localStorage.removeItem(OPENED);
    forgetDrafts();
  }

  const has = (...roles: string[]) => computed(() => roles.some((role) => user.value?.roles.includes(role)));
  const hasSeat = has("operator", "leader", "supervisor", "surveyor");
  const takesCalls = has("operator", "leader", "supervisor");
  const surveys = has("surveyor", "supervisor", "admin");
  const seesCalls = has("operator", "leader", "supervisor", "surveyor", "admin");
  const draws = has("supervisor", "reviewer", "admin");
  const judges = has("supervisor", "admin");
  const supervises = has("supervisor", "leader", "admin");
  const isAppraised = has("supervisor", "leader", "department", "unit_head", "admin");
  const monitors = has("supervisor", "admin");
  const leads = has("leader");
  /** A journalist: their own page and nothing else. */
  const onlyListens = computed(() => user.value?.roles.every((role) => role === "media") ?? false);
  const plans = has("supervisor", "admin");
  const dispatches = has("operator", "dispatcher", "supervisor", "admin");
  const administers = has("admin");
  const audits = has("auditor", "admin");
  const publishes = has("supervisor", "admin");
  const exports = has("supervisor", "reviewer", "unit_head", "admin");
  const writesKnowledge = has("supervisor", "department", "unit_head", "admin");
  /** Where the administrators' pages begin for this user. */
  const firstOfAdmin = computed(() => (administers.value ? "admin-accounts" : publishes.value ? "admin-rules" : writesKnowledge.value ? "admin-knowledge" : audits.value ? "admin-audit" : ""));
  return { onlyListens, firstOfAdmin, exports, audits, publishes, writesKnowledge, dispatches, draws, judges, administers, isAppraised, leads, plans, monitors, supervises, takesCalls, surveys, user, checked, resume, logIn, logOut, hasSeat, seesCalls };
});

/** What callers said does not stay on a shared machine; what the server does not have yet does, for its writer. */
function forgetDrafts(): void {
  for (const key of Object.keys(localStorage).filter((name) => name.startsWith("draft "))) {
    const { unsaved } = JSON.parse(localStorage.getItem(key) ?? "{}") as { unsaved?: string[] };
    if (!unsaved?.length) localStorage.removeItem(key);
  }
}
