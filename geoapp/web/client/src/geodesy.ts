/** Lengths and areas on the WGS84 ellipsoid, good to a few parts in a million over a city. */

import type { Position } from "geojson";

const A = 6_378_137;
const E2 = 0.006694379990141316;

/** Metres per radian of latitude and of longitude at a latitude. */
function radii(lat: number): [north_m: number, east_m: number] {
  const w = 1 - E2 * Math.sin(lat) ** 2;
  return [(A * (1 - E2)) / w ** 1.5, (A * Math.cos(lat)) / Math.sqrt(w)];
}

const rad = (degrees: number) => (degrees * Math.PI) / 180;

/** Sum over the legs, each with the ellipsoid's radii at its middle latitude. */
export function geodesicLength_m(line: Position[]): number {
  let total = 0;
  for (let i = 1; i < line.length; i++) {
    const [lon0, lat0] = line[i - 1] as [number, number];
    const [lon1, lat1] = line[i] as [number, number];
    const [north_m, east_m] = radii(rad((lat0 + lat1) / 2));
    total += Math.hypot(rad(lat1 - lat0) * north_m, rad(lon1 - lon0) * east_m);
  }
  return total;
}

/** Shoelace formula in metres about the ring's middle latitude; the ring may be open or closed. */
export function geodesicArea_m2(ring: Position[]): number {
  const lats = ring.map((point) => point[1] as number);
  if (lats.length < 3) return 0;
  const lat0 = (Math.min(...lats) + Math.max(...lats)) / 2;
  const lon0 = ring[0]?.[0] as number;
  const [north_m, east_m] = radii(rad(lat0));
  const points = ring.map((point) => [rad((point[0] as number) - lon0) * east_m, rad((point[1] as number) - lat0) * north_m] as const);
  let twice = 0;
  points.forEach(([x0, y0], i) => {
    const [x1, y1] = points[(i + 1) % points.length] as readonly [number, number];
    twice += x0 * y1 - x1 * y0;
  });
  return Math.abs(twice) / 2;
}
