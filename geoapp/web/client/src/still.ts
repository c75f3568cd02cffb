/** Without WebGL: a still picture of the same layers, drawn by the server, beside the list. */

import type { App, Tool } from "./app";
import { byId, fill, h } from "./dom";
import { t } from "./i18n";

export const still: Tool = {
  id: "still",
  install(app) {
    if (app.map) return;
    document.body.classList.add("no-map");
    const picture = h("img", { id: "still", class: "still", alt: t("图层的静态图") });
    const draw = () => (picture.src = address(app));
    picture.addEventListener("click", (event) => {
      const box = app.catalogue.bbox;
      if (!box) return;
      const frame = picture.getBoundingClientRect();
      const [west, south, east, north] = box;
      app.state.set("selection", {
        lon: west + ((event.clientX - frame.left) / frame.width) * (east - west),
        lat: north - ((event.clientY - frame.top) / frame.height) * (north - south),
      });
    });
    fill(
      byId("map"),
      h("div", { class: "still-frame" }, h("p", { class: "notice warning" }, t("这个浏览器不能绘制交互地图（缺少 WebGL），改为静态图和列表；查询和下载不受影响。")), picture),
    );
    draw();
    app.state.on("layers", draw);
    app.state.on("date", draw);
    app.onRefresh(draw);
    app.panels.open("listing");
  },
};

function address(app: App): string {
  const visible = app.state.get("order").filter((key) => app.state.layer(key).visible);
  return `/map/still.svg?${new URLSearchParams({ on: app.state.get("date"), layers: visible.join(","), width: String(width_px(app)) })}`;
}

/** As wide as it can be shown, so that its letters come out at their size. */
function width_px(app: App): number {
  const [west, south, east, north] = app.catalogue.bbox ?? [0, 0, 1, 1];
  const { clientWidth, clientHeight } = byId("map");
  const share = ((east - west) * Math.cos((((south + north) / 2) * Math.PI) / 180)) / (north - south);
  return Math.max(300, Math.round(Math.min(clientWidth * 0.75, (clientHeight - 60) * share)));
}
