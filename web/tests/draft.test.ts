import { createPinia, setActivePinia } from "pinia";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { nextTick, reactive } from "vue";

import type { Suggestion } from "../src/suggestion";

const call = reactive({ callId: "c1" as string | null, callerWords: "", record: null });
vi.mock("../src/stores/call", () => ({ useCall: () => call }));
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
  sessionStorage.clear();
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
});
