// Where places stand on the drawing.
import { expect, test } from "vitest";

import { EDGE, HEIGHT, WIDTH, type Spot, drawn, hasPositions, tiles } from "../src/placeMap";

const spot = (name: string, position: [number, number] | null): Spot => ({ name, town: name, kind: "town", lon: position?.[0] ?? null, lat: position?.[1] ?? null });

test("north is up, west is left, and everything is inside", () => {
  const [south, north, west] = drawn([spot("南", [121, 30.6]), spot("北", [121, 30.8]), spot("西", [120.9, 30.7])]);
  expect(north!.y).toBeLessThan(south!.y);
  expect(west!.x).toBeLessThan(south!.x);
  for (const dot of [south!, north!, west!]) {
    expect(dot.x).toBeGreaterThanOrEqual(EDGE - 1);
    expect(dot.x).toBeLessThanOrEqual(WIDTH - EDGE + 1);
    expect(dot.y).toBeGreaterThanOrEqual(EDGE - 1);
    expect(dot.y).toBeLessThanOrEqual(HEIGHT - EDGE + 1);
  }
});

test("one place stands in the middle, one without a position nowhere", () => {
  expect(drawn([spot("一", [121, 30.6]), spot("无", null)])).toMatchObject([{ x: WIDTH / 2, y: HEIGHT / 2 }]);
  expect(drawn([spot("无", null)])).toEqual([]);
  expect(hasPositions([spot("无", null)])).toBe(false);
});

test("tiles of towns do not overlap", () => {
  const all = tiles(["甲", "乙", "丙", "丁"]);
  expect(new Set(all.map((tile) => `${tile.x} ${tile.y}`)).size).toBe(4);
  expect(all.every((tile) => tile.x + tile.width <= WIDTH && tile.y + tile.height <= HEIGHT)).toBe(true);
  expect(tiles([])).toEqual([]);
});
