// Where places stand on a drawing: by longitude and latitude where they are known, else town beside town.
export type Spot = { name: string; town: string; kind: string; lon: number | null; lat: number | null };
export type Drawn = { spot: Spot; x: number; y: number };
export const [WIDTH, HEIGHT, EDGE] = [360, 300, 24];
const COLUMNS = 3;

export const hasPositions = (spots: Spot[]) => spots.some((spot) => spot.lon !== null && spot.lat !== null);

/** North is up; a degree of longitude is shorter than one of latitude by the cosine of where the city lies. */
export function drawn(spots: Spot[]): Drawn[] {
  const known = spots.filter((spot) => hasPositions([spot]));
  if (!known.length) return [];
  const middle = known.reduce((sum, spot) => sum + spot.lat!, 0) / known.length;
  const east = (spot: Spot) => spot.lon! * Math.cos((middle * Math.PI) / 180);
  const north = (spot: Spot) => spot.lat!;
  const [left, right] = [Math.min(...known.map(east)), Math.max(...known.map(east))];
  const [bottom, top] = [Math.min(...known.map(north)), Math.max(...known.map(north))];
  // One scale for both, so that distances compare; a single place stands in the middle.
  const scale = Math.min((WIDTH - 2 * EDGE) / Math.max(right - left, 1e-9), (HEIGHT - 2 * EDGE) / Math.max(top - bottom, 1e-9));
  const bounded = Math.min(scale, 1e7);
  return known.map((spot) => ({
    spot,
    x: WIDTH / 2 + (east(spot) - (left + right) / 2) * bounded,
    y: HEIGHT / 2 - (north(spot) - (bottom + top) / 2) * bounded,
  }));
}

export type Tile = { name: string; x: number; y: number; width: number; height: number };

/** A tile for each town, in the order of the gazetteer: a scheme, no map. */
export function tiles(towns: string[]): Tile[] {
  const rows = Math.max(1, Math.ceil(towns.length / COLUMNS));
  const [width, height, gap] = [WIDTH / COLUMNS, HEIGHT / rows, 6];
  return towns.map((name, at) => ({ name, x: (at % COLUMNS) * width + gap / 2, y: Math.floor(at / COLUMNS) * height + gap / 2, width: width - gap, height: height - gap }));
}
