/** Draws the catalogue's layers: sources, pile order, opacity, the date; the map itself is made here. */

import type { FilterSpecification, GeoJSONSource, LayerSpecification, Map as MapLibreMap, PaddingOptions } from "maplibre-gl";
import type { LayerEntry } from "./catalogue";
import { boot } from "./boot";
import { settled } from "./dom";
import { t } from "./i18n";
import { BELOW_NAMES, EMPTY, ON_TOP } from "./overlays";
import type { State } from "./state";

/** Layers with more features are asked for by the box in view, not as a whole. */
const WHOLE_LAYER_FEATURES = 3000;
const FONTS = ["PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC", "sans-serif"].join(", ");

export interface Camera {
  center: [number, number];
  zoom: number;
}

/** Can this browser draw at all? */
export function canDraw(): boolean {
  if (new URLSearchParams(location.search).has("nomap")) return false;
  try {
    return Boolean(document.createElement("canvas").getContext("webgl2"));
  } catch {
    return false;
  }
}

/** An empty map of our own background; resolves when layers can be added. */
export async function makeMap(container: HTMLElement, camera: Camera | null, padding: PaddingOptions): Promise<MapLibreMap> {
  const [maplibre, pmtiles] = await Promise.all([import("maplibre-gl"), import("pmtiles")]);
  maplibre.setWorkerUrl(boot.worker);
  // The worker parses while the drawing context is made.
  maplibre.prewarm();
  maplibre.addProtocol("pmtiles", new pmtiles.Protocol().tile);
  const box = boot.catalogue.bbox;
  const map = new maplibre.Map({
    container,
    style: {
      version: 8,
      // No `glyphs`: every character is drawn from the machine's own fonts.
      sources: {},
      layers: [
        { id: "land", type: "background", paint: { "background-color": "#fafaf7" } },
        { id: BELOW_NAMES, type: "background", layout: { visibility: "none" } },
        { id: ON_TOP, type: "background", layout: { visibility: "none" } },
      ],
    },
    ...(camera ?? (box ? { bounds: box, fitBoundsOptions: { padding } } : { center: [116.46, 39.945] as [number, number], zoom: 11 })),
    localIdeographFontFamily: FONTS,
    attributionControl: false,
    // What a screen reader calls the canvas.
    locale: { "Map.Title": t("地图") },
    fadeDuration: 0,
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    maxZoom: 20,
    // Multisampling costs a software renderer (old office PCs) most of its time; lines are smoothed by the shader anyway.
    canvasContextAttributes: { antialias: false },
    reduceMotion: window.matchMedia("(prefers-reduced-motion: reduce)").matches,
  });
  map.touchZoomRotate.disableRotation();
  await new Promise<void>((resolve) => (map.isStyleLoaded() ? resolve() : void map.once("style.load", () => resolve())));
  return map;
}

/** Keeps the map in step with the catalogue and the state. */
export class Drawing {
  private entries = new Map<string, LayerEntry>();
  private drawn = new Map<string, string[]>();

  constructor(
    private readonly map: MapLibreMap,
    private readonly state: State,
  ) {
    const reload = settled(() => this.loadBoxes(), 200);
    map.on("moveend", reload);
    state.on("layers", () => this.paint());
    state.on("date", () => this.paint());
    state.on("order", () => this.pile());
  }

  /** Draws `entries`; what is switched off is not even asked for until it is switched on. */
  setEntries(entries: LayerEntry[]): void {
    for (const key of [...this.drawn.keys()]) this.remove(key);
    this.entries = new Map(entries.map((entry) => [entry.key, entry]));
    this.asked.clear();
    this.paint();
  }

  private add(entry: LayerEntry): void {
    const { map } = this;
    const absolute = (address: string) => new URL(address, location.href).href;
    const tiled = entry.tiles ?? entry.live;
    if (entry.tiles) map.addSource(entry.key, { type: "vector", url: `pmtiles://${absolute(entry.tiles)}` });
    else if (entry.live) map.addSource(entry.key, { type: "vector", tiles: [absolute(entry.live).replaceAll("%7B", "{").replaceAll("%7D", "}")], maxzoom: 17 });
    else map.addSource(entry.key, { type: "geojson", data: EMPTY });
    if (entry.labels) map.addSource(`${entry.key}~labels`, { type: "vector", url: `pmtiles://${absolute(entry.labels)}` });
    const ids = entry.style.map((layer) => {
      const { "source-layer": sourceLayer, ...rest } = layer as LayerSpecification & { "source-layer"?: string };
      const source = layer.type === "symbol" && entry.labels ? `${entry.key}~labels` : entry.key;
      const spec = { ...rest, source, ...(tiled ? { "source-layer": sourceLayer ?? "features" } : {}) };
      map.addLayer(spec as LayerSpecification);
      return layer.id;
    });
    this.drawn.set(entry.key, ids);
  }

  private remove(key: string): void {
    for (const id of this.drawn.get(key) ?? []) if (this.map.getLayer(id)) this.map.removeLayer(id);
    for (const source of [key, `${key}~labels`]) if (this.map.getSource(source)) this.map.removeSource(source);
    this.drawn.delete(key);
  }

  /** Areas and lines in the chosen order under the overlays, names above them. */
  private pile(): void {
    for (const key of this.state.get("order")) {
      for (const id of this.drawn.get(key) ?? []) {
        this.map.moveLayer(id, this.map.getLayer(id)?.type === "symbol" ? ON_TOP : BELOW_NAMES);
      }
    }
  }

  private paint(): void {
    const now = Number(this.state.get("date").replaceAll("-", ""));
    const missing = [...this.entries.values()].filter((entry) => !this.drawn.has(entry.key) && this.state.layer(entry.key).visible);
    for (const entry of missing) this.add(entry);
    if (missing.length) this.pile();
    const living = ["all", ["<=", ["coalesce", ["get", "valid_from"], 0], now], [">", ["coalesce", ["get", "valid_to"], 99999999], now]];
    for (const [key, entry] of this.entries) {
      const { visible, opacity } = this.state.layer(key);
      if (!this.drawn.has(key)) continue;
      for (const layer of entry.style) {
        this.map.setLayoutProperty(layer.id, "visibility", visible ? "visible" : "none");
        if (!visible) continue;
        for (const [property, value] of opacities(layer, opacity)) this.map.setPaintProperty(layer.id, property as "fill-opacity", value as number);
        if (!entry.timed) continue;
        const own = "filter" in layer ? layer.filter : undefined;
        this.map.setFilter(layer.id, (own ? ["all", own, living] : living) as FilterSpecification);
      }
    }
    this.loadBoxes();
  }

  private asked = new Map<string, string>();

  /** Layers without published tiles: GeoJSON of the whole, or of the box in view. */
  private loadBoxes(): void {
    for (const [key, entry] of this.entries) {
      if (entry.tiles || entry.live || !this.state.layer(key).visible) continue;
      // Nothing of it is drawn from this far away: nothing of it is asked for.
      const first = Math.min(...entry.style.map((layer) => layer.minzoom ?? 0));
      if (entry.count > WHOLE_LAYER_FEATURES && this.map.getZoom() < first) continue;
      let url = entry.features;
      if (entry.count > WHOLE_LAYER_FEATURES) {
        const bounds = this.map.getBounds();
        const box = [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()].map((x) => x.toFixed(5));
        url += `${url.includes("?") ? "&" : "?"}bbox=${box.join(",")}`;
      }
      const source = this.map.getSource(key) as GeoJSONSource | undefined;
      if (!source || (this.asked.get(key) === url && source.serialize().data !== EMPTY)) continue;
      this.asked.set(key, url);
      source.setData(new URL(url, location.href).href);
    }
  }
}

const OPACITY: Record<string, string[]> = {
  fill: ["fill-opacity"],
  line: ["line-opacity"],
  circle: ["circle-opacity", "circle-stroke-opacity"],
  symbol: ["text-opacity", "icon-opacity"],
};

/** The layer's own opacities times the chosen one. */
function opacities(layer: LayerSpecification, share: number): [string, unknown][] {
  const paint = ("paint" in layer ? layer.paint : undefined) as Record<string, unknown> | undefined;
  return (OPACITY[layer.type] ?? []).map((property) => {
    const own = paint?.[property] ?? 1;
    return [property, typeof own === "number" ? own * share : ["*", share, own]];
  });
}
