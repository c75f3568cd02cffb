/** Map furniture that stays out of the way: zoom, home, scale, sources, the 示意 mark. */

import type { App, Tool } from "./app";
import { byId, fill, h } from "./dom";
import { t } from "./i18n";
import { sourceLine } from "./layers";

/** Layers that are switched on, topmost first. */
export function drawnEntries(app: App) {
  const on = app.catalogue.entries.filter((entry) => app.state.layer(entry.key).visible);
  const order = app.state.get("order");
  return on.sort((a, b) => order.indexOf(b.key) - order.indexOf(a.key));
}

export const furniture: Tool = {
  id: "furniture",
  install(app) {
    const map = app.map;
    const button = (words: string, sign: string, run: () => void) =>
      h("button", { class: "map-button", "aria-label": words, title: words, onclick: run }, sign);
    if (map) {
      fill(
        byId("map-buttons"),
        button(t("放大"), "+", () => map.zoomIn()),
        button(t("缩小"), "−", () => map.zoomOut()),
        button(t("看全部"), "⌂", () => app.catalogue.bbox && app.show(app.catalogue.bbox)),
      );
      const scale = byId("scale");
      const redraw = () => fill(scale, ...scaleBar(metresPerPixel(map.getCenter().lat, map.getZoom()), 110));
      map.on("move", redraw);
      redraw();
    }
    const corner = () => {
      const drawn = drawnEntries(app);
      byId("mark").hidden = !drawn.some((entry) => entry.illustrative);
      const sources = [...new Set(drawn.map((entry) => sourceLine(entry)))];
      const list = byId("sources");
      list.hidden = !sources.length;
      const words = [...new Set(drawn.map((entry) => entry.source).filter(Boolean))].join("；");
      fill(
        list,
        h("summary", {}, h("span", {}, t("来源：{source}", { source: words || t("未注明") }))),
        h("ul", {}, ...drawn.map((entry) => h("li", {}, h("strong", {}, entry.title), " ", sourceLine(entry)))),
      );
    };
    corner();
    app.state.on("layers", corner);
    app.onRefresh(corner);
  },
};

/** Web Mercator with 512-pixel tiles: the equator's 40,075,016.686 m over 512 * 2^zoom pixels, shortened by cos(lat). */
export function metresPerPixel(lat: number, zoom: number): number {
  return (Math.cos((lat * Math.PI) / 180) * 40_075_016.686) / (512 * 2 ** zoom);
}

/** A bar of a round length (1, 2 or 5 times a power of ten) no longer than `room_px`, and its words. */
export function scaleBar(metresPerPx: number, room_px: number): Node[] {
  const most = metresPerPx * room_px;
  const power = 10 ** Math.floor(Math.log10(most));
  const metres = [5, 2, 1].map((n) => n * power).find((n) => n <= most) ?? power;
  const bar = h("span", { class: "scale-bar" });
  bar.style.width = `${metres / metresPerPx}px`;
  const words = metres >= 1000 ? t("{n} 公里", { n: metres / 1000 }) : t("{n} 米", { n: metres });
  return [bar, h("span", {}, words)];
}
