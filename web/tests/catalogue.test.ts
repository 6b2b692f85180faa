import { createPinia, setActivePinia } from "pinia";
import { beforeEach, describe, expect, it, vi } from "vitest";

const server = { status: 0, asked: 0 };
const found = { kinds: [], topics: [], urgencies: ["一般"], outcomes: [{ value: "DISPATCH", label: "派单" }], towns: [] };
vi.mock("../src/api/client", () => {
  class ApiError extends Error {
    constructor(readonly status: number) {
      super();
    }
  }
  const api = {
    GET: async (path: string) => {
      server.asked += 1;
      if (server.status && path.includes("routing")) throw new ApiError(server.status);
      return { data: path.includes("routing") ? found : [{ id: "water", name: "水务集团" }] };
    },
  };
  return { ApiError, api, body: async (answer: Promise<{ data: unknown }>) => (await answer).data };
});
const { useCatalogue } = await import("../src/stores/catalogue");

beforeEach(() => {
  setActivePinia(createPinia());
  vi.useFakeTimers();
  server.asked = 0;
});

describe("the names of a ticket's fields", () => {
  it("are asked for again when they are not there yet, and no code stands in for them", async () => {
    server.status = 503;
    const catalogue = useCatalogue();
    catalogue.load();
    await vi.advanceTimersByTimeAsync(0);
    expect(catalogue.outcomeName("DISPATCH")).toBe("");
    expect(catalogue.unitName("water")).toBe("水务集团");
    server.status = 0;
    await vi.advanceTimersByTimeAsync(5000);
    expect(catalogue.outcomeName("DISPATCH")).toBe("派单");
    await vi.advanceTimersByTimeAsync(60_000);
    expect(server.asked).toBe(3);
  });

  it("are not asked for again and again by who may not", async () => {
    server.status = 401;
    const catalogue = useCatalogue();
    catalogue.load();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(server.asked).toBe(2);
    server.status = 0;
    catalogue.load();
    await vi.advanceTimersByTimeAsync(0);
    expect(catalogue.outcomeName("DISPATCH")).toBe("派单");
  });
});
