/** An installation without any data: what this is, and the one button to begin. */

import type { Tool } from "./app";
import { may } from "./boot";
import { byId, h } from "./dom";
import { t } from "./i18n";

export const welcome: Tool = {
  id: "welcome",
  install(app) {
    const card = h(
      "section",
      { class: "welcome", "aria-label": t("开始使用") },
      h("h2", {}, t("这里还没有数据")),
      ...(may("layers.import") ? bringing() : [h("p", {}, t("规划人员登录后可以导入数据。"))]),
      h("p", { class: "hint" }, t("想先看看样子：在命令行运行 geoapp demo load 载入示意数据。")),
    );
    byId("map-area").append(card);
    const draw = () => (card.hidden = app.catalogue.entries.some((entry) => entry.count > 0));
    draw();
    app.onRefresh(draw);
  },
};

function bringing(): HTMLElement[] {
  return [
    h("p", {}, t("先导入一个街道的界线、小区或楼栋文件：GeoJSON、Shapefile（zip）、GeoPackage、KML、TAB、Excel 都可以。")),
    h("button", { class: "button primary", onclick: () => document.dispatchEvent(new CustomEvent("geoapp:choose-file")) }, t("选择文件…")),
    h("p", { class: "hint" }, t("也可以把文件直接拖到页面上。")),
  ];
}
