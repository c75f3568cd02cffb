/** 测量: distance along a line, area of a polygon. The drawing library is fetched when the tool is first used. */

import type { Tool } from "./app";
import { byId, fill, h } from "./dom";
import { area, length, t } from "./i18n";
import type { Measuring } from "./measuring";

export const measure: Tool = {
  id: "measure",
  install(app) {
    const button = byId<HTMLButtonElement>("measure");
    if (!app.map) {
      button.hidden = true;
      return;
    }
    let measuring: Measuring | null = null;
    let release: (() => void) | null = null;
    const outcome = h("p", { class: "measured", role: "status" });
    const body = app.panels.register({ id: "measure", title: t("测量"), side: "right", onClose: () => stop() });
    const start = async (mode: "linestring" | "polygon") => {
      const { begin } = await import("./measuring");
      measuring ??= begin(app.map!, (result) => {
        const words = [];
        if (result.length_m > 0) words.push(t("长度 {x}", { x: length(result.length_m) }));
        if (result.area_m2 > 0) words.push(t("面积 {x}", { x: area(result.area_m2) }));
        outcome.textContent = words.join(" · ") || t("在地图上逐点点击，双击结束。");
      });
      release ??= app.onPress(() => true);
      measuring.mode(mode);
      outcome.textContent = t("在地图上逐点点击，双击结束。");
      for (const each of body.querySelectorAll("button[data-mode]")) {
        each.setAttribute("aria-pressed", String((each as HTMLElement).dataset["mode"] === mode));
      }
    };
    const stop = () => {
      measuring?.end();
      measuring = null;
      release?.();
      release = null;
      button.setAttribute("aria-pressed", "false");
    };
    const mode = (words: string, name: "linestring" | "polygon") =>
      h("button", { class: "button", "data-mode": name, "aria-pressed": "false", onclick: () => void start(name) }, words);
    fill(
      body,
      h("div", { class: "row" }, mode(t("距离"), "linestring"), mode(t("面积"), "polygon"), h("button", { class: "button", onclick: () => (measuring?.clear(), (outcome.textContent = "")) }, t("清除"))),
      outcome,
      h("p", { class: "hint" }, t("按椭球面（WGS84）计算；面积以平方米计，供参考，不作测绘成果。")),
    );
    button.addEventListener("click", () => {
      if (measuring) return app.panels.close("measure");
      button.setAttribute("aria-pressed", "true");
      app.panels.open("measure");
      void start("linestring");
    });
    app.keys.add("m", t("测量"), () => button.click());
  },
};
