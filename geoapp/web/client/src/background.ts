/** A small map of our own background, for pages that are not the map page. */

import { getJson } from "./api";
import { boot } from "./boot";
import type { Catalogue } from "./catalogue";
import { h } from "./dom";
import { Drawing, makeMap } from "./drawing";
import { t } from "./i18n";
import { State } from "./state";

/** Kinds of the catalogue that help to find a spot. */
const BACKGROUND = /^(place:|roads|water|green|buildings|compounds)/;

export async function backgroundMap(container: HTMLElement, at: [number, number] | null) {
  const [catalogue, maplibre] = await Promise.all([getJson<Catalogue>("/api/map/layers"), import("maplibre-gl")]);
  boot.catalogue = catalogue;
  const entries = catalogue.entries.filter((entry) => BACKGROUND.test(entry.key));
  const map = await makeMap(container, at ? { center: at, zoom: 17 } : null, { top: 10, bottom: 10, left: 10, right: 10 });
  const layers = Object.fromEntries(entries.map((entry) => [entry.key, { visible: true, opacity: 1 }]));
  const state = new State({ date: boot.opening, order: entries.map((entry) => entry.key), layers, selection: null });
  new Drawing(map, state).setEntries(entries);
  const zoom = (words: string, sign: string, run: () => void) => h("button", { type: "button", "aria-label": words, onclick: run }, sign);
  container.append(h("div", { class: "pin-zoom" }, zoom(t("放大"), "+", () => map.zoomIn()), zoom(t("缩小"), "−", () => map.zoomOut())));
  return { map, maplibre };
}
