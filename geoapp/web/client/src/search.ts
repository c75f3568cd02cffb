/** Search by name, code or address; results act as a list box. */

import type { App, Tool } from "./app";
import { getJson, sentence } from "./api";
import type { Box } from "./catalogue";
import { byId, fill, h, settled } from "./dom";
import { t } from "./i18n";
import type { Selection } from "./state";

interface Found {
  title: string;
  subtitle: string;
  lon: number;
  lat: number;
  bbox: Box;
  place: string | null;
  feature: { layer: string; id: number } | null;
}

export const search: Tool = {
  id: "search",
  install(app) {
    const field = byId<HTMLInputElement>("search");
    const list = byId("search-results");
    let current = -1;
    let results: Found[] = [];
    let running: AbortController | null = null;

    const close = () => {
      list.hidden = true;
      field.setAttribute("aria-expanded", "false");
      current = -1;
    };
    const choose = (found: Found) => {
      close();
      field.value = found.title;
      select(app, found);
    };
    const point = (index: number) => {
      current = index;
      [...list.children].forEach((item, i) => item.setAttribute("aria-selected", String(i === index)));
      field.setAttribute("aria-activedescendant", index >= 0 ? `found-${index}` : "");
      list.children[index]?.scrollIntoView({ block: "nearest" });
    };
    const say = (words: string) => {
      fill(list, h("li", { class: "empty" }, words));
      list.hidden = false;
      field.setAttribute("aria-expanded", "true");
    };
    const ask = settled(async () => {
      const words = field.value.trim();
      running?.abort();
      if (!words) return close();
      running = new AbortController();
      try {
        const query = new URLSearchParams({ q: words, on: app.state.get("date") });
        results = (await getJson<{ results: Found[] }>(`/api/map/search?${query}`, running.signal)).results;
      } catch (error) {
        if (error instanceof DOMException) return;
        return say(sentence(error));
      }
      if (!results.length) return say(t("没有找到“{words}”；可以试试名称的一部分、代码或地址。", { words }));
      fill(
        list,
        ...results.map((found, i) =>
          h("li", { role: "option", id: `found-${i}`, onclick: () => choose(found) }, h("strong", {}, found.title), h("span", {}, found.subtitle)),
        ),
      );
      list.hidden = false;
      field.setAttribute("aria-expanded", "true");
      point(0);
    }, 180);

    field.addEventListener("input", ask);
    field.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        if (results.length) point((current + (event.key === "ArrowDown" ? 1 : -1) + results.length) % results.length);
      } else if (event.key === "Enter") {
        const found = results[Math.max(current, 0)];
        if (found && !list.hidden) choose(found);
        else ask();
      } else if (event.key === "Escape") {
        event.stopPropagation();
        if (list.hidden) field.blur();
        close();
      }
    });
    document.addEventListener("pointerdown", (event) => {
      if (!(event.target as HTMLElement).closest(".search")) close();
    });
    app.keys.add("/", t("搜索"), () => {
      field.focus();
      field.select();
    });
  },
};

function select(app: App, found: Found): void {
  const selection: Selection = { lon: found.lon, lat: found.lat };
  if (found.place) selection.place = found.place;
  if (found.feature) {
    selection.feature = found.feature;
    app.state.setLayer(found.feature.layer, { visible: true });
  }
  app.state.set("selection", selection);
  // The next Tab goes into what was found; on a phone the keyboard gives way to it.
  app.panels.open("selection", true);
  app.show(found.bbox);
}
