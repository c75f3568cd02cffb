/** Panel 图层: what is drawn, its legend, order, opacity, source and licence. */

import type { App, Tool } from "./app";
import { may } from "./boot";
import type { LayerEntry } from "./catalogue";
import { fill, h } from "./dom";
import { day, number, t } from "./i18n";
import { openRoster } from "./roster";
import { symbol } from "./symbols";

export const layers: Tool = {
  id: "layers",
  install(app) {
    const list = h("ol", { class: "layer-list" });
    const draw = () => drawList(app, list);
    app.panels.register({
      id: "layers",
      title: t("图层"),
      side: "left",
      lasting: true,
      render(body) {
        const bring = may("layers.import") ? [h("p", { class: "hint" }, t("把文件拖到地图上即可导入。")), importButton()] : [];
        fill(body, list, ...bring);
        draw();
      },
    });
    app.state.on("order", draw);
    app.onRefresh(draw);
    app.state.on("layers", () => mark(app, list));
  },
};

function importButton(): HTMLElement {
  const press = () => document.dispatchEvent(new CustomEvent("geoapp:choose-file"));
  return h("button", { class: "button", onclick: press }, t("导入文件…"));
}

function drawList(app: App, list: HTMLElement): void {
  const entries = new Map(app.catalogue.entries.map((entry) => [entry.key, entry]));
  const opened = new Set([...list.querySelectorAll<HTMLElement>("li[data-open]")].map((row) => row.dataset["key"]));
  const rows = [...app.state.get("order")].reverse().flatMap((key) => {
    const entry = entries.get(key);
    return entry ? [row(app, entry, opened.has(key))] : [];
  });
  fill(list, ...rows);
  if (!rows.length) fill(list, h("li", { class: "empty" }, t("还没有图层。")));
  mark(app, list);
}

function row(app: App, entry: LayerEntry, open: boolean): HTMLElement {
  const box = h("input", {
    type: "checkbox",
    id: `layer-${entry.key}`,
    onchange: () => app.state.setLayer(entry.key, { visible: box.checked }),
  });
  const details = h("div", { class: "layer-details", hidden: !open });
  const more = h(
    "button",
    {
      class: "icon-button",
      "aria-expanded": String(open),
      "aria-label": t("{title}：图例与来源", { title: entry.title }),
      onclick: () => {
        details.hidden = !details.hidden;
        more.setAttribute("aria-expanded", String(!details.hidden));
        item.toggleAttribute("data-open", !details.hidden);
        if (!details.hidden) fillDetails(app, entry, details);
      },
    },
    h("span", { class: "chevron", "aria-hidden": "true" }),
  );
  const first = entry.legend[0];
  const title = h("label", { for: box.id, class: "layer-title" }, first ? symbol(first) : null, h("span", {}, entry.title));
  if (entry.illustrative) title.append(h("span", { class: "tag" }, t("示意")));
  const item = h("li", { "data-key": entry.key, class: "layer", ...(open ? { "data-open": true } : {}) }, h("div", { class: "layer-head" }, box, title, more), details);
  if (open) fillDetails(app, entry, details);
  return item;
}

function fillDetails(app: App, entry: LayerEntry, details: HTMLElement): void {
  const slider = h("input", {
    type: "range",
    min: 0.1,
    max: 1,
    step: 0.05,
    value: app.state.layer(entry.key).opacity,
    "aria-label": t("不透明度"),
    oninput: () => app.state.setLayer(entry.key, { opacity: Number(slider.value) }),
  });
  const move = (step: number, words: string, sign: string) =>
    h("button", { class: "icon-button", "aria-label": words, title: words, onclick: () => shift(app, entry.key, step) }, sign);
  const zoom = entry.bbox
    ? h("button", { class: "button small", onclick: () => entry.bbox && app.show(entry.bbox) }, t("缩放到图层"))
    : null;
  const waiting = entry.kind === "roster" ? h("button", { class: "button small", onclick: () => void openRoster(app, entry.key) }, t("待落图")) : null;
  fill(
    details,
    h("ul", { class: "legend" }, ...entry.legend.map((item) => h("li", {}, symbol(item), h("span", {}, item.label)))),
    h("div", { class: "layer-tools" }, h("span", {}, t("不透明度")), slider, move(1, t("上移一层"), "↑"), move(-1, t("下移一层"), "↓")),
    h("p", { class: "hint" }, sourceLine(entry)),
    h("div", { class: "row wrap" }, zoom, waiting, h("span", { class: "hint" }, t("{n} 个要素", { n: number(entry.count) }))),
  );
}

/** Source, licence and date of a layer in one line; also stands on paper. */
export function sourceLine(entry: LayerEntry): string {
  const parts = [t("来源：{source}", { source: entry.source || t("未注明") })];
  if (entry.licence) parts.push(t("许可：{licence}", { licence: entry.licence }));
  if (entry.date) parts.push(day(entry.date));
  return parts.join(" · ");
}

function shift(app: App, key: string, step: number): void {
  const order = [...app.state.get("order")];
  const from = order.indexOf(key);
  const to = from + step;
  if (from < 0 || to < 0 || to >= order.length) return;
  order.splice(from, 1);
  order.splice(to, 0, key);
  app.state.set("order", order);
}

function mark(app: App, list: HTMLElement): void {
  for (const row of list.querySelectorAll<HTMLElement>("li.layer")) {
    const box = row.querySelector<HTMLInputElement>("input[type=checkbox]");
    if (box) box.checked = app.state.layer(row.dataset["key"] ?? "").visible;
  }
}
