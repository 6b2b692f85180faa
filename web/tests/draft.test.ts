import { createPinia, setActivePinia } from "pinia";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { nextTick, reactive } from "vue";

import type { Suggestion } from "../src/suggestion";

const call = reactive({ callId: "c1" as string | null, callerWords: "", record: null });
vi.mock("../src/stores/call", () => ({ useCall: () => call }));
vi.mock("../src/stores/session", () => ({ useSession: () => ({ user: { id: 7 } }) }));
const server = { drafts: [] as Record<string, unknown>[], fails: false, put: vi.fn() };
vi.mock("../src/api/client", () => {
  class ApiError extends Error {
    status = 0;
  }
  const api = {
    GET: async () => ({ data: server.drafts }),
    PUT: async (_path: string, order: unknown) => {
      if (server.fails) throw new ApiError();
      server.put(order);
    },
    DELETE: async () => undefined,
  };
  return { ApiError, api, body: async (answer: Promise<{ data: unknown }>) => (await answer).data };
});
const { useDraft } = await import("../src/stores/draft");

const WATER: Suggestion = {
  kind: "求助",
  topic: "公共服务-供水",
  urgency: "紧急",
  outcome: "THREEWAY",
  lead_unit: "water",
  co_units: ["zhapu", "TERRITORY"],
  town: "乍浦镇",
  places: [
    { name: "乍浦镇", town: "乍浦镇", confidence: 1, words: "乍浦", kind: "town" },
    { name: "雅山路", town: "乍浦镇", confidence: 1, words: "雅山路", kind: "road" },
  ],
  missing: [],
  next_question: "",
};

beforeEach(() => {
  localStorage.clear();
  Object.assign(server, { drafts: [], fails: false });
  server.put.mockClear();
  Object.assign(call, { callId: "c1", callerWords: "" });
  setActivePinia(createPinia());
});

describe("a ticket being written", () => {
  it("is filled from the suggestion, with where each value came from", () => {
    const draft = useDraft();
    draft.suggest(WATER);
    expect(draft.form).toMatchObject({ topic: "公共服务-供水", lead_unit_id: "water", co_unit_ids: ["zhapu"], place: "雅山路" });
    expect(draft.from.topic).toBe("rule");
  });

  it("keeps what a person wrote when the suggestion changes", () => {
    const draft = useDraft();
    draft.suggest(WATER);
    draft.form.title = "雅山路停水";
    draft.touched("title");
    draft.suggest({ ...WATER, topic: "公共服务-供电" });
    expect(draft.form.title).toBe("雅山路停水");
    expect(draft.form.topic).toBe("公共服务-供电");
  });

  it("takes the caller's words until somebody writes them anew", async () => {
    const draft = useDraft();
    call.callerWords = "水停了";
    await nextTick();
    expect(draft.form.content).toBe("水停了");
    draft.form.content = "雅山路停水一天";
    draft.touched("content");
    call.callerWords = "水停了，还没来";
    await nextTick();
    expect(draft.form.content).toBe("雅山路停水一天");
  });

  it("says whether the suggestion was accepted, edited or rejected", () => {
    const draft = useDraft();
    draft.accept(WATER);
    expect(draft.verdict).toBe("accept");
    draft.touched("kind");
    expect(draft.verdict).toBe("edit");
    draft.reject();
    expect(draft.order().is_rejected).toBe(true);
    draft.suggest(WATER);
    expect(draft.form.topic).toBe("");
  });

  it("survives a reload, call by call", async () => {
    useDraft().set("title", "写了一半", "draft");
    await nextTick();
    setActivePinia(createPinia());
    expect(useDraft().form.title).toBe("写了一半");
    call.callId = "c2";
    await nextTick();
    expect(useDraft().form.title).toBe("");
  });

  it("is sent with the same key when it is sent again", () => {
    const draft = useDraft();
    const key = draft.key;
    draft.set("title", "停水", "draft");
    expect(draft.key).toBe(key);
    draft.clear();
    expect(draft.key).not.toBe(key);
  });

  it("keeps several tickets of one call apart; suggestions fill only the first", () => {
    const draft = useDraft();
    draft.suggest(WATER);
    const first = draft.key;
    draft.add();
    expect(draft.key).not.toBe(first);
    expect(draft.form).toMatchObject({ town: "乍浦镇", place: "雅山路", topic: "" });
    draft.suggest(WATER);
    expect(draft.form.topic).toBe("");
    draft.clear();
    expect(draft.key).toBe(first);
  });

  it("keeps who and where once the first has become a ticket: what was said is not filled in again", async () => {
    const draft = useDraft();
    draft.suggest(WATER);
    draft.set("caller_name", "张三", "draft");
    draft.clear(true);
    draft.suggest(WATER);
    expect(draft.form).toMatchObject({ caller_name: "张三", town: "乍浦镇", place: "雅山路", topic: "", title: "" });
    await nextTick();
    // Nobody wrote it: it is no ticket that somebody left unregistered.
    expect(draft.kind).toBe("empty");
    expect(localStorage.length).toBe(0);
    draft.accept(WATER);
    expect(draft.form.topic).toBe("公共服务-供水");
  });

  it("is not made twice while one is still empty, and keeps nothing of a call before", () => {
    const draft = useDraft();
    draft.add();
    expect(draft.list).toHaveLength(1);
    draft.suggest(WATER);
    draft.add();
    draft.add();
    expect([draft.list.length, draft.active]).toEqual([2, 1]);
    draft.open(0);
    draft.add();
    expect([draft.list.length, draft.active]).toEqual([2, 1]);
    draft.clear();
    call.callId = null;
    draft.clear(true);
    expect(draft.form.town).toBe("");
  });

  it("goes to the server a moment later, and again when that failed", async () => {
    vi.useFakeTimers();
    const draft = useDraft();
    await vi.runAllTimersAsync();
    server.fails = true;
    draft.set("title", "停水", "draft");
    await vi.advanceTimersByTimeAsync(2000);
    expect(draft.kind).toBe("local");
    server.fails = false;
    await vi.advanceTimersByTimeAsync(9000);
    expect(draft.kind).toBe("saved");
    expect(server.put).toHaveBeenCalledOnce();
    vi.useRealTimers();
  });

  it("takes from the server what another browser wrote, and keeps what the server does not have yet", async () => {
    const body = { form: { title: "服务器上的" }, from: { title: "draft" }, verdict: "", call: "c1", citizen: null, more: false };
    server.drafts = [{ key: "11111111-aaaa", body }];
    const draft = useDraft();
    await vi.waitFor(() => expect(draft.form.title).toBe("服务器上的"));
    server.fails = true;
    draft.set("title", "本机新写的", "draft");
    await nextTick();
    setActivePinia(createPinia());
    const again = useDraft();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(again.form.title).toBe("本机新写的");
  });
});
