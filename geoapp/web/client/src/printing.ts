/** 打印: a sheet with map, legend, scale bar, north arrow, sources and date, sent to the browser's printer. */

import type { App, Tool } from "./app";
import { boot } from "./boot";
import { byId, fill, h, svg } from "./dom";
import { drawnEntries, metresPerPixel, scaleBar } from "./furniture";
import { day, t } from "./i18n";
import { sourceLine } from "./layers";
import { symbol } from "./symbols";

export const printing: Tool = {
  id: "printing",
  install(app) {
    const button = byId<HTMLButtonElement>("print");
    button.addEventListener("click", () => void print(app));
    app.keys.add("p", t("打印"), () => void print(app));
  },
};

async function print(app: App): Promise<void> {
  const picture = h("img", { alt: t("地图"), class: "sheet-map" });
  let bar: Node[] = [];
  const map = app.map;
  if (map) {
    const seen = freeArea(app, map);
    picture.src = await canvasPicture(map, seen);
    // The picture is scaled to its frame; the bar is drawn as a share of it.
    bar = scaleBar(metresPerPixel(map.getCenter().lat, map.getZoom()), seen.width * 0.25);
    const piece = bar[0] as HTMLElement;
    piece.style.width = `${((parseFloat(piece.style.width) / seen.width) * 100).toFixed(3)}%`;
  } else picture.src = byId<HTMLImageElement>("still").src;
  await picture.decode();
  const sheet = byId("sheet-print");
  fill(sheet, head(app), h("div", { class: "sheet-frame" }, picture, h("div", { class: "sheet-scale" }, ...bar), map ? north() : null), legend(app), foot(app));
  window.print();
}

interface Area {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** The part of the map that no panel covers, in pixels of the page. */
function freeArea(app: App, map: NonNullable<App["map"]>): Area {
  const { clientWidth, clientHeight } = map.getContainer();
  const { left, right, bottom } = app.panels.padding();
  return { x: left, y: 0, width: Math.max(clientWidth - left - right, 200), height: Math.max(clientHeight - (app.panels.narrow ? bottom : 0), 200) };
}

/** The drawing as it stands; read in the frame that draws it, because the buffer is gone afterwards. */
function canvasPicture(map: NonNullable<App["map"]>, area: Area): Promise<string> {
  return new Promise((resolve) => {
    map.once("render", () => {
      const canvas = map.getCanvas();
      const scale = canvas.width / map.getContainer().clientWidth;
      const sheet = h("canvas", { width: Math.round(area.width * scale), height: Math.round(area.height * scale) });
      sheet.getContext("2d")?.drawImage(canvas, -area.x * scale, -area.y * scale);
      resolve(sheet.toDataURL("image/png"));
    });
    map.triggerRepaint();
  });
}

function head(app: App): HTMLElement {
  const field = byId<HTMLElement>("title").textContent ?? "";
  const entries = drawnEntries(app);
  const marks = [];
  if (entries.some((entry) => entry.internal)) marks.push(t("内部资料"));
  if (entries.some((entry) => entry.illustrative)) marks.push(t("示意"));
  return h("header", { class: "sheet-head" }, h("h1", {}, field), h("p", {}, t("界线截至 {day}", { day: day(app.state.get("date")) })), h("strong", { class: "sheet-mark" }, marks.join(" · ")));
}

function legend(app: App): HTMLElement {
  const items = drawnEntries(app).map((entry) =>
    h("section", {}, h("h2", {}, entry.title), h("ul", {}, ...entry.legend.map((item) => h("li", {}, symbol(item), h("span", {}, item.label))))),
  );
  return h("div", { class: "sheet-legend" }, ...items);
}

/** One line per source, with the layers that come from it. */
function foot(app: App): HTMLElement {
  const titles = new Map<string, string[]>();
  for (const entry of drawnEntries(app)) {
    const line = sourceLine(entry);
    titles.set(line, [...(titles.get(line) ?? []), entry.title]);
  }
  const lines = [...titles].map(([line, names]) => h("li", {}, `${names.join(t("、"))} — ${line}`));
  return h("footer", { class: "sheet-foot" }, h("ul", {}, ...lines), h("p", {}, t("打印于 {day} · 坐标系 WGS84，网络墨卡托投影", { day: day(boot.today) })));
}

function north(): SVGElement {
  return svg("svg", { class: "sheet-north", viewBox: "0 0 20 30", width: 20, height: 30 }, svg("path", { d: "M10 2 L16 26 L10 21 L4 26 Z", fill: "#1b1f24" }));
}
