/** What tools draw over the data: plans, a measuring line, what is chosen. Without a map all of it is silently nothing. */

import type { GeoJSONSource, LayerSpecification, Map as MapLibreMap } from "maplibre-gl";
import type { FeatureCollection } from "geojson";

export const EMPTY: FeatureCollection = { type: "FeatureCollection", features: [] };
/** Invisible layers that mark heights in the pile: data < overlays < names < top. */
export const BELOW_NAMES = "mark:below-names";
export const ON_TOP = "mark:on-top";

/** A layer of an overlay; `source` is filled in. */
export type OverlayLayer = Omit<Extract<LayerSpecification, { type: "fill" | "line" | "circle" | "symbol" }>, "source"> & {
  filter?: unknown;
};

export interface Overlay {
  set(data: FeatureCollection): void;
  visible(on: boolean): void;
  remove(): void;
  /** Ids of its layers, for queryRenderedFeatures. */
  readonly layers: string[];
}

export class Overlays {
  constructor(private readonly map: MapLibreMap | null) {}

  /** Adds a GeoJSON overlay; its layers lie under the names of places, or above everything. */
  add(id: string, layers: OverlayLayer[], where: "below-names" | "top" = "below-names"): Overlay {
    const map = this.map;
    if (!map) return { set() {}, visible() {}, remove() {}, layers: [] };
    const source = `overlay:${id}`;
    map.addSource(source, { type: "geojson", data: EMPTY, promoteId: "id" });
    const before = where === "top" ? ON_TOP : BELOW_NAMES;
    const ids = layers.map((layer) => {
      const full = { ...layer, id: `${source}/${layer.id}`, source } as LayerSpecification;
      map.addLayer(full, before);
      return full.id;
    });
    return {
      layers: ids,
      set: (data) => void (map.getSource(source) as GeoJSONSource | undefined)?.setData(data),
      visible: (on) => ids.forEach((layer) => map.setLayoutProperty(layer, "visibility", on ? "visible" : "none")),
      remove: () => {
        ids.forEach((layer) => map.getLayer(layer) && map.removeLayer(layer));
        if (map.getSource(source)) map.removeSource(source);
      },
    };
  }
}
