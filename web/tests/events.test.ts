import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { effectScope, nextTick, ref } from "vue";

import { backOff, live, reopen, useEvents } from "../src/api/events";

class FakeSource extends EventTarget {
  static CLOSED = 2;
  static all: FakeSource[] = [];
  readyState = 1;
  onerror: (() => void) | null = null;
  constructor(readonly url: string) {
    super();
    FakeSource.all.push(this);
  }
  close(): void {
    this.readyState = FakeSource.CLOSED;
  }
  say(name: string, data: object): void {
    this.dispatchEvent(new MessageEvent(name, { data: JSON.stringify(data) }));
  }
}

beforeEach(() => {
  FakeSource.all = [];
  vi.useFakeTimers();
  vi.stubGlobal("EventSource", FakeSource);
});

const settle = () => vi.advanceTimersByTime(50);
afterEach(settle);

describe("the event stream", () => {
  it("is one for all listeners, and everybody hears only their topics", () => {
    const heard: string[] = [];
    const scope = effectScope();
    scope.run(() => {
      useEvents(() => ["calls"], (hint) => heard.push(`a ${hint.event}`), () => {});
      useEvents(() => ["tickets"], (hint) => heard.push(`b ${hint.event}`), () => {});
    });
    settle();
    expect(FakeSource.all).toHaveLength(1);
    FakeSource.all[0]!.say("call.changed", { topic: "calls" });
    expect(heard).toEqual(["a call.changed"]);
    scope.stop();
  });

  it("makes everybody fetch again when it opens, because what was missed is not repeated", () => {
    const refresh = vi.fn();
    const scope = effectScope();
    scope.run(() => useEvents(() => ["calls"], () => {}, refresh));
    settle();
    FakeSource.all[0]!.say("stream.open", {});
    expect(refresh).toHaveBeenCalledTimes(1);
    expect(live.value).toBe(true);
    FakeSource.all[0]!.say("stream.lost", {});
    expect(live.value).toBe(false);
    scope.stop();
  });

  it("follows the call in hand", async () => {
    const topics = ref(["operator:1"]);
    const scope = effectScope();
    scope.run(() => useEvents(() => topics.value, () => {}, () => {}));
    settle();
    topics.value = ["call:2", "operator:1"];
    await nextTick();
    settle();
    expect(FakeSource.all[0]!.readyState).toBe(FakeSource.CLOSED);
    expect(FakeSource.all[1]!.url).toContain("topics=call%3A2&topics=operator%3A1");
    scope.stop();
  });

  it("is opened again after a refusal", () => {
    const scope = effectScope();
    scope.run(() => useEvents(() => ["calls"], () => {}, () => {}));
    settle();
    FakeSource.all[0]!.readyState = FakeSource.CLOSED;
    FakeSource.all[0]!.onerror!();
    vi.advanceTimersByTime(3100);
    expect(FakeSource.all).toHaveLength(2);
    scope.stop();
  });

  it("tries again later and later, never all pages at once, and at once when told", () => {
    expect([1, 2, 3, 9].map((times) => backOff(times, 0))).toEqual([1000, 2000, 4000, 15_000]);
    expect(backOff(1, 1)).toBe(1500);
    const scope = effectScope();
    scope.run(() => useEvents(() => ["tickets"], () => {}, () => {}));
    settle();
    const first = FakeSource.all.at(-1)!;
    first.readyState = FakeSource.CLOSED;
    first.onerror?.();
    expect(live.value).toBe(false);
    reopen();
    settle();
    expect(FakeSource.all.at(-1)).not.toBe(first);
    scope.stop();
  });
});
