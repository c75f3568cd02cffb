/** A plan on the map: parts in their colours, the new border solid, today's border dashed above everything. */

import type { FeatureCollection } from "geojson";
import type { App, MapPress } from "./app";
import { PART_COLOURS } from "./division-cards";
import type { Ground, Model } from "./division-model";
import { EMPTY, type Overlay } from "./overlays";

const COLOUR = ["match", ["get", "part"], ...PART_COLOURS.flatMap((colour, i) => [i + 1, colour]), "#0072b2"];

export class PlanOnMap {
  private readonly units: Overlay;
  private readonly border: Overlay;

  constructor(private readonly app: App) {
    this.units = app.overlays.add("division-units", [
      { id: "fill", type: "fill", paint: { "fill-color": COLOUR as never, "fill-opacity": 0.35 } },
      { id: "edge", type: "line", paint: { "line-color": "#ffffff", "line-width": 0.8, "line-opacity": 0.8 } },
    ]);
    this.border = app.overlays.add("division-border", [
      { id: "new-halo", type: "line", filter: ["==", ["get", "what"], "new"], paint: { "line-color": "#ffffff", "line-width": 6, "line-opacity": 0.8 } },
      { id: "new", type: "line", filter: ["==", ["get", "what"], "new"], layout: { "line-cap": "round" }, paint: { "line-color": "#1b1f24", "line-width": 3.5 } },
      { id: "today", type: "line", filter: ["==", ["get", "what"], "today"], paint: { "line-color": "#1b1f24", "line-width": 2.5, "line-dasharray": [3, 2] } },
    ]);
  }

  draw(model: Model): void {
    const { ground } = model;
    this.units.set({
      type: "FeatureCollection",
      features: ground.units.features.map((feature, unit) => ({ ...feature, properties: { id: unit, part: model.part(unit) } })),
    });
    const cut = ground.borders.filter((piece) => model.isCut(piece));
    this.border.set({
      type: "FeatureCollection",
      features: [
        ...cut.map((piece) => ({ type: "Feature" as const, properties: { what: "new" }, geometry: piece.line })),
        ...rim(ground).features,
      ],
    });
  }

  clear(): void {
    this.units.set(EMPTY);
    this.border.set(EMPTY);
  }

  /** The unit under a press, null where there is none. */
  unitAt(press: MapPress): number | null {
    const map = this.app.map;
    if (!map) return null;
    const [hit] = map.queryRenderedFeatures([press.x, press.y], { layers: this.units.layers.slice(0, 1) });
    const id = hit?.properties["id"] as number | undefined;
    return id ?? null;
  }
}

/** Today's border: the sides of units that no other unit has. */
function rim(ground: Ground): FeatureCollection {
  const sides = new Map<string, [GeoJSON.Position, GeoJSON.Position] | null>();
  for (const feature of ground.units.features) {
    const shape = feature.geometry;
    const rings = shape.type === "Polygon" ? shape.coordinates : shape.type === "MultiPolygon" ? shape.coordinates.flat() : [];
    for (const ring of rings) {
      ring.slice(1).forEach((to, i) => {
        const from = ring[i] as GeoJSON.Position;
        const key = [from.join(), to.join()].sort().join(" ");
        sides.set(key, sides.has(key) ? null : [from, to]);
      });
    }
  }
  const lines = [...sides.values()].filter((side) => side !== null);
  return {
    type: "FeatureCollection",
    features: lines.length ? [{ type: "Feature", properties: { what: "today" }, geometry: { type: "MultiLineString", coordinates: joined(lines) } }] : [],
  };
}

/** Sides strung together into lines, so that dashes run on. */
function joined(sides: [GeoJSON.Position, GeoJSON.Position][]): GeoJSON.Position[][] {
  const next = new Map<string, GeoJSON.Position[]>();
  for (const [from, to] of sides) next.set(from.join(), [...(next.get(from.join()) ?? []), to]);
  const lines: GeoJSON.Position[][] = [];
  for (const [from] of sides) {
    let line = [from];
    for (let at = from; ; ) {
      const to = next.get(at.join())?.pop();
      if (!to) break;
      line.push(to);
      at = to;
    }
    if (line.length > 1) lines.push(line);
    line = [];
  }
  return lines;
}
