/** Panel 列表: the list twin of the map; same layers, same date, same choosing. */

import type { App, Tool } from "./app";
import { getJson, sentence } from "./api";
import type { Box } from "./catalogue";
import { fill, h, settled } from "./dom";
import { number, t } from "./i18n";
import type { Selection } from "./state";

interface Row {
  title: string;
  code: string | null;
  note: string;
  lon: number;
  lat: number;
  bbox: Box;
  place: string | null;
  feature: { layer: string; id: number } | null;
}

interface Answer {
  rows: Row[];
  total: number;
}

const PAGE = 50;

export const listing: Tool = {
  id: "listing",
  install(app) {
    let from = 0;
    let turn = 0;
    const layer = h("select", { "aria-label": t("图层"), onchange: () => restart() });
    const words = h("input", { type: "search", placeholder: t("按名称或代码筛选"), "aria-label": t("按名称或代码筛选"), oninput: () => restart() });
    const inView = h("input", { type: "checkbox", id: "list-in-view", onchange: () => restart() });
    const status = h("p", { class: "hint", role: "status" });
    const list = h("ol", { class: "rows" });
    const more = h("button", { class: "button", hidden: true, onclick: () => void load(false) }, t("再列 {n} 条", { n: PAGE }));

    const load = async (fresh: boolean) => {
      if (!app.panels.isOpen("listing") || !layer.value) return;
      const mine = ++turn;
      if (fresh) from = 0;
      const query = new URLSearchParams({ layer: layer.value, on: app.state.get("date"), from: String(from), limit: String(PAGE) });
      if (words.value.trim()) query.set("q", words.value.trim());
      if (inView.checked && app.map) query.set("bbox", app.map.getBounds().toArray().flat().map((x) => x.toFixed(6)).join(","));
      status.textContent = t("正在列出…");
      try {
        const answer = await getJson<Answer>(`/api/map/list?${query}`);
        if (mine !== turn) return;
        if (fresh) fill(list);
        list.append(...answer.rows.map((row) => item(app, row)));
        from += answer.rows.length;
        status.textContent = answer.total
          ? t("共 {total} 条，已列 {shown} 条", { total: number(answer.total), shown: number(from) })
          : t("没有符合条件的记录；放宽筛选或换一个图层。");
        more.hidden = from >= answer.total;
      } catch (error) {
        if (mine === turn) status.textContent = sentence(error);
      }
    };
    const restart = settled(() => void load(true), 200);
    const options = () => {
      const chosen = layer.value;
      const entries = [...app.catalogue.entries];
      fill(layer, ...entries.map((entry) => h("option", { value: entry.key }, entry.title)));
      const wanted = entries.find((entry) => entry.key === chosen) ?? entries.find((entry) => entry.key === "place:community") ?? entries[0];
      if (wanted) layer.value = wanted.key;
    };
    const body = app.panels.register({ id: "listing", title: t("列表"), side: "left", lasting: true });
    fill(
      body,
      h("div", { class: "stack" }, layer, words, app.map ? h("label", { class: "row" }, inView, t("只列当前地图范围")) : null),
      status,
      list,
      more,
    );
    list.addEventListener("keydown", (event) => step(list, event));
    options();
    app.onRefresh(() => (options(), restart()));
    app.state.on("date", restart);
    app.map?.on("moveend", () => inView.checked && restart());
    app.panels.onLayout(() => app.panels.isOpen("listing") && !list.hasChildNodes() && restart());
  },
};

function item(app: App, row: Row): HTMLElement {
  const choose = () => {
    const selection: Selection = { lon: row.lon, lat: row.lat };
    if (row.place) selection.place = row.place;
    if (row.feature) selection.feature = row.feature;
    app.state.set("selection", selection);
    app.show(row.bbox);
  };
  return h("li", {}, h("button", { class: "row-button", onclick: choose }, h("strong", {}, row.title), h("span", {}, [row.code, row.note].filter(Boolean).join(" · "))));
}

/** Arrows go from row to row. */
function step(list: HTMLElement, event: KeyboardEvent): void {
  const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!by) return;
  const buttons = [...list.querySelectorAll("button")];
  const next = buttons[buttons.indexOf(document.activeElement as HTMLButtonElement) + by];
  if (next) {
    event.preventDefault();
    next.focus();
  }
}
