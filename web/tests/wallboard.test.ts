import { type App, createApp, defineComponent, h, nextTick, ref } from "vue";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

const rate = (code: string, value: number) => ({ code, name: code, definition: "", value, numerator: 1, denominator: 2, excluded: {}, text: "" });
const RATES = [rate("connected_valid", 0.5), rate("within_15s", 0.25), rate("abandoned", 0.5)];
const waits = (queue: string, is_overloaded: boolean) => ({ queue, name: queue, callers: 21, longest_seconds: 60, is_overloaded });
const server: Record<string, unknown> = {};
vi.mock("../src/api/client", () => ({
  ApiError: class extends Error {},
  api: { GET: async (path: string, how?: { params: { path?: { by: string } } }) => ({ data: server[path.replace("{by}", how?.params.path?.by ?? "")] }) },
  body: async (answer: Promise<{ data: unknown }>) => (await answer).data,
}));
vi.mock("../src/api/events", () => ({ live: ref(true), useEvents: () => undefined }));
vi.mock("../src/act", () => ({ useLatest: () => ({ latest: async (fetch: () => Promise<unknown>, take: (found: unknown) => void) => take(await fetch()) }) }));
vi.mock("../src/components/CallsBehind.vue", () => ({ default: { render: () => null } }));
vi.mock("../src/components/WallboardHistory.vue", () => ({ default: { render: () => null } }));
const { default: WallboardPage } = await import("../src/pages/WallboardPage.vue");

let app: App;
const page = document.createElement("div");
const part = (name: string) => page.querySelector(`[data-test=${name}]`);
const plain = defineComponent({ setup: (_, { slots }) => () => h("div", slots.default?.()) });

beforeEach(async () => {
  vi.useFakeTimers();
  server["/api/wallboard"] = {
    at: "2026-11-27T02:00:00Z",
    waiting: [waits("综合受理", true), waits("方言席", false)],
    seats: [],
    calls: 40,
    rates: [],
    calls_by_hour: { "9": 40 },
    tickets_registered: 0,
    lights: { green: 0, yellow: 0, red: 0, paused: 0 },
    alerts: [],
  };
  server["/api/wallboard/history"] = [...Array(24).keys()].map((hour) => ({
    begins: new Date(Date.parse("2026-11-26T16:00:00Z") + hour * 3600_000).toISOString(),
    calls: hour,
    abandoned: 1,
    rates: RATES,
  }));
  server["/api/wallboard/by/queue"] = [{ group: "q12345", name: "综合受理", calls: 40, rates: RATES }];
  server["/api/wallboard/by/line"] = [...Array(20).keys()].map((n) => ({ group: `${n}`, name: `号码${n}`, calls: n, rates: RATES }));
  app = createApp(WallboardPage);
  for (const name of ["ElButton", "ElTag", "ElRadioGroup", "ElRadioButton"]) app.component(name, plain);
  app.directive("loading", {});
  app.mount(page);
  await vi.advanceTimersByTimeAsync(0);
});
afterEach(() => {
  app.unmount();
  vi.useRealTimers();
});

async function turned(): Promise<string> {
  await vi.advanceTimersByTimeAsync(12_000);
  return part("turns")?.textContent ?? "";
}

describe("the wallboard", () => {
  it("marks the queue whose callers are offered to be called back, and no other", () => {
    const [busy, calm] = page.querySelectorAll("[data-test=waiting-queues] li");
    expect(busy!.textContent).toContain("忙时");
    expect(calm!.querySelector("[data-test=overloaded]")).toBeNull();
  });

  it("shows on the large screen the day in turns: by hour, in figures, by queue and old number", async () => {
    expect(part("turns")).toBeNull();
    (part("large") as HTMLElement).click();
    await nextTick();
    expect(part("turns")?.querySelectorAll("ol li")).toHaveLength(24);
    const figures = await turned();
    // Nobody called in the first hour: it has no line.
    expect(page.querySelectorAll("[data-test=turns] tbody tr")).toHaveLength(23);
    expect(figures).toContain("排队满5秒");
    const first = await turned();
    expect(first).toContain("综合受理");
    expect(first).toContain("号码15");
    expect(first).not.toContain("号码16");
    expect(await turned()).toContain("号码19");
    await turned();
    expect(part("turns")?.querySelector("ol")).not.toBeNull();
  });
});
