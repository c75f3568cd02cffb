/** The address restores the view: centre, zoom, date, layers with order and opacity, what is chosen. */

import type { App, Tool } from "./app";
import { boot } from "./boot";
import { byId, settled } from "./dom";
import { t } from "./i18n";
import type { LayerState, Selection, State } from "./state";

export interface View {
  camera: { center: [number, number]; zoom: number } | null;
  date: string;
  order: string[] | null;
  layers: Record<string, LayerState> | null;
  selection: Selection | null;
}

/** `#v=116.46,39.94,14.2&d=2026-11-21&l=roads,place:community*0.5,~reports&s=116.47,39.95`: order from below, `~` is off. */
export function readView(hash: string): View {
  const values = new URLSearchParams(hash.replace(/^#/, ""));
  const [lon, lat, zoom] = (values.get("v") ?? "").split(",").map(Number);
  const seen = [lon, lat, zoom].every(Number.isFinite) && values.has("v");
  const date = values.get("d") ?? "";
  const list = values.get("l");
  const layers: Record<string, LayerState> = {};
  for (const word of list ? list.split(",") : []) {
    const match = /^(~?)([^*]+)(?:\*([\d.]+))?$/.exec(word);
    if (match?.[2]) layers[match[2]] = { visible: !match[1], opacity: Math.min(1, Number(match[3] ?? 1) || 1) };
  }
  return {
    camera: seen ? { center: [lon as number, lat as number], zoom: zoom as number } : null,
    date: /^\d{4}-\d{2}-\d{2}$/.test(date) ? date : boot.opening,
    order: list ? Object.keys(layers) : null,
    layers: list ? layers : null,
    selection: readSelection(values.get("s")),
  };
}

function readSelection(text: string | null): Selection | null {
  if (!text) return null;
  const [lon, lat, place] = text.split(",");
  if (!Number.isFinite(Number(lon)) || !Number.isFinite(Number(lat))) return null;
  return { lon: Number(lon), lat: Number(lat), ...(place ? { place } : {}) };
}

export function writeView(state: State, camera: { lng: number; lat: number; zoom: number } | null): string {
  const words: string[] = [];
  if (camera) words.push(`v=${camera.lng.toFixed(5)},${camera.lat.toFixed(5)},${camera.zoom.toFixed(2)}`);
  if (state.get("date") !== boot.opening) words.push(`d=${state.get("date")}`);
  const layers = state.get("order").map((key) => {
    const { visible, opacity } = state.layer(key);
    return `${visible ? "" : "~"}${encodeURIComponent(key)}${opacity < 1 ? `*${Number(opacity.toFixed(2))}` : ""}`;
  });
  if (layers.length) words.push(`l=${layers.join(",")}`);
  const chosen = state.get("selection");
  if (chosen) words.push(`s=${chosen.lon.toFixed(6)},${chosen.lat.toFixed(6)}${chosen.place ? `,${chosen.place}` : ""}`);
  return `#${words.join("&")}`;
}

export const share: Tool = {
  id: "share",
  install(app) {
    const write = settled(() => history.replaceState(null, "", hashOf(app)), 250);
    app.map?.on("moveend", write);
    for (const name of ["date", "order", "layers", "selection"] as const) app.state.on(name, write);
    const language = byId<HTMLAnchorElement>("language");
    // The other language shows the same view.
    language.addEventListener("click", () => (language.hash = hashOf(app)));
    byId("share").addEventListener("click", () => void copy(app));
  },
};

/** The view of now as the part of the address behind `#`. */
export function hashOf(app: App): string {
  const camera = app.map ? { ...app.map.getCenter(), zoom: app.map.getZoom() } : null;
  return writeView(app.state, camera);
}

async function copy(app: App): Promise<void> {
  history.replaceState(null, "", hashOf(app));
  try {
    await navigator.clipboard.writeText(location.href);
    app.tray.say("good", t("链接已复制"), t("打开它的人会看到同样的位置、日期和图层。"));
  } catch {
    // Plain http on an office network has no clipboard: show the address to be copied by hand.
    app.tray.add(t("复制这个链接")).end("warning", location.href);
  }
}
