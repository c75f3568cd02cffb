/** Panel 所选位置: the five places of a point and what is known there; other tools put their buttons under a place. */

import type { Feature, FeatureCollection } from "geojson";
import type { App, MapPress, PlaceInfo, Tool } from "./app";
import { getJson, sentence } from "./api";
import { fill, h } from "./dom";
import { t } from "./i18n";
import type { Selection } from "./state";

interface FeatureInfo {
  layer: string;
  layer_title: string;
  id: number;
  title: string;
  code: string | null;
  illustrative: boolean;
  facts: { label: string; value: string }[];
  /** Of reports: pictures that everybody may see, and for officials the way to the case. */
  photos?: string[];
  link?: { address: string; words: string } | null;
}

interface Answer {
  places: PlaceInfo[];
  features: FeatureInfo[];
  /** Code of the place that was meant, else the finest one of use (the community). */
  chosen: string | null;
  shape: Feature | null;
}

const ACCENT = "#1f5fa8";

export const selection: Tool = {
  id: "selection",
  install(app) {
    const body = app.panels.register({
      id: "selection",
      title: t("所选位置"),
      side: "right",
      onClose: () => app.state.get("selection") && app.state.set("selection", null),
    });
    const overlay = app.overlays.add("selection", [
      { id: "halo", type: "line", paint: { "line-color": "#ffffff", "line-width": 6, "line-opacity": 0.9 } },
      { id: "line", type: "line", paint: { "line-color": ACCENT, "line-width": 3 } },
      {
        id: "point",
        type: "circle",
        filter: ["==", ["geometry-type"], "Point"],
        paint: { "circle-radius": 6, "circle-color": ACCENT, "circle-stroke-color": "#ffffff", "circle-stroke-width": 2 },
      },
    ]);
    let asked = 0;
    const load = async (chosen: Selection | null) => {
      const turn = ++asked;
      if (!chosen) {
        overlay.set({ type: "FeatureCollection", features: [] });
        app.panels.close("selection");
        return;
      }
      overlay.set(shapes(chosen, null));
      app.panels.open("selection");
      if (!chosen.place && !chosen.feature) app.reveal(chosen.lon, chosen.lat);
      if (!body.hasChildNodes()) fill(body, h("div", { class: "skeleton", "aria-label": t("正在查询") }));
      body.setAttribute("aria-busy", "true");
      try {
        const answer = await getJson<Answer>(`/api/map/at?${question(app, chosen)}`);
        if (turn !== asked) return;
        overlay.set(shapes(chosen, answer.shape));
        draw(app, body, answer, chosen);
      } catch (error) {
        if (turn === asked) fill(body, h("p", { class: "notice danger" }, sentence(error)));
      } finally {
        body.removeAttribute("aria-busy");
      }
    };
    app.state.on("selection", (chosen) => void load(chosen));
    const again = () => void (app.state.get("selection") && load(app.state.get("selection")));
    app.state.on("date", again);
    app.onRefresh(again);
    app.onPress((press) => {
      if (spread(app, press)) return true;
      app.state.set("selection", { lon: press.lon, lat: press.lat });
      return true;
    });
  },
};

/** A pressed circle with a number comes nearer until its points stand alone; false where there is none. */
function spread(app: App, press: MapPress): boolean {
  const map = app.map;
  const cluster = map?.queryRenderedFeatures([press.x, press.y]).find((found) => found.properties["point_count"]);
  if (!map || cluster?.geometry.type !== "Point") return false;
  const [lon, lat] = cluster.geometry.coordinates as [number, number];
  map.easeTo({ center: [lon, lat], zoom: Math.min(map.getZoom() + 2, 17), duration: 150 });
  return true;
}

function question(app: App, chosen: Selection): URLSearchParams {
  const visible = app.catalogue.entries.filter((entry) => app.state.layer(entry.key).visible).map((entry) => entry.key);
  const zoom = app.map?.getZoom() ?? 15;
  const query = new URLSearchParams({
    lon: chosen.lon.toFixed(7),
    lat: chosen.lat.toFixed(7),
    on: app.state.get("date"),
    layers: visible.join(","),
    zoom: zoom.toFixed(1),
  });
  if (chosen.place) query.set("place", chosen.place);
  if (chosen.feature) query.set("feature", `${chosen.feature.layer}:${chosen.feature.id}`);
  return query;
}

function shapes(chosen: Selection, shape: Feature | null): FeatureCollection {
  const point: Feature = { type: "Feature", properties: {}, geometry: { type: "Point", coordinates: [chosen.lon, chosen.lat] } };
  return { type: "FeatureCollection", features: shape ? [shape, ...(chosen.place ? [] : [point])] : [point] };
}

function draw(app: App, body: HTMLElement, answer: Answer, chosen: Selection): void {
  if (!answer.places.length && !answer.features.length) {
    fill(body, h("p", { class: "empty" }, t("这里在这一天没有登记的区划，也没有已打开图层的要素。")));
    return;
  }
  const place = answer.places.find((candidate) => candidate.code === answer.chosen) ?? null;
  const path = h(
    "ol",
    { class: "place-path", "aria-label": t("所属区划") },
    ...answer.places.map((each) => pathItem(app, each, chosen, each === place)),
  );
  fill(
    body,
    answer.places.length ? path : null,
    place ? placeSection(app, place) : null,
    ...answer.features.map((feature) => featureSection(feature)),
    h("p", {}, h("a", { href: `/report?lon=${chosen.lon.toFixed(6)}&lat=${chosen.lat.toFixed(6)}` }, t("在这里反映问题"))),
    h("p", { class: "hint" }, `${chosen.lon.toFixed(6)}, ${chosen.lat.toFixed(6)} (WGS84)`),
  );
}

function pathItem(app: App, each: PlaceInfo, chosen: Selection, current: boolean): HTMLElement {
  const choose = () => app.state.set("selection", { lon: chosen.lon, lat: chosen.lat, place: each.code });
  return h(
    "li",
    {},
    h("span", { class: "level" }, each.level_title),
    h("button", { class: "link", "aria-current": current ? "true" : null, onclick: choose }, each.name),
  );
}

function placeSection(app: App, place: PlaceInfo): HTMLElement {
  const actions = app.placeActions.filter((action) => action.when(place));
  return h(
    "section",
    { class: "card place-card" },
    h("h2", {}, place.name, place.illustrative ? h("span", { class: "tag" }, t("示意")) : null),
    h("p", { class: "hint" }, `${place.level_title} ${place.code}`),
    h(
      "dl",
      { class: "figures" },
      ...place.figures.flatMap((figure) => [
        h("dt", {}, figure.label),
        h(
          "dd",
          { class: figure.estimated ? "estimated" : null, title: figure.note || null },
          figure.value,
          figure.estimated ? h("span", { class: "mark" }, t("估")) : null,
          figure.note ? h("small", {}, figure.note) : null,
        ),
      ]),
    ),
    actions.length
      ? h("div", { class: "row wrap" }, ...actions.map((action, i) => h("button", { class: i ? "button" : "button primary", onclick: () => action.run(place) }, action.label)))
      : null,
  );
}

function featureSection(feature: FeatureInfo): HTMLElement {
  return h(
    "section",
    { class: "card" },
    h("h3", {}, feature.title, feature.illustrative ? h("span", { class: "tag" }, t("示意")) : null),
    h("p", { class: "hint" }, feature.code ? `${feature.layer_title} ${feature.code}` : feature.layer_title),
    h("dl", { class: "figures" }, ...feature.facts.flatMap((fact) => [h("dt", {}, fact.label), h("dd", {}, fact.value)])),
    ...(feature.photos ?? []).map((address) => h("img", { src: address, alt: t("反映的照片"), loading: "lazy", class: "report-photo" })),
    feature.link ? h("p", {}, h("a", { class: "button", href: feature.link.address }, feature.link.words)) : null,
  );
}
