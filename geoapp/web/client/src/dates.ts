/** The day as of which boundaries are drawn: a date field, a slider over the days on which something changed. */

import type { App, Tool } from "./app";
import { boot } from "./boot";
import { byId, h, fill } from "./dom";
import { day, t } from "./i18n";

export const dates: Tool = {
  id: "dates",
  install(app) {
    const place = byId("dates");
    draw(app, place);
    app.state.on("date", () => draw(app, place));
    app.onRefresh(() => draw(app, place));
    const close = (): boolean => {
      const details = place.querySelector("details");
      if (!details?.open) return false;
      details.open = false;
      return true;
    };
    document.addEventListener("pointerdown", (event) => {
      if (!place.contains(event.target as Node)) close();
    });
    place.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !close()) return;
      event.stopPropagation();
      place.querySelector("summary")?.focus();
    });
  },
};

const DAY_MS = 86_400_000;
const toNumber = (iso: string) => Math.round(Date.parse(`${iso}T00:00:00Z`) / DAY_MS);
const toIso = (days: number) => new Date(days * DAY_MS).toISOString().slice(0, 10);

function draw(app: App, place: HTMLElement): void {
  const now = app.state.get("date");
  const open = place.querySelector("details")?.open ?? false;
  const days = [...app.catalogue.changes, boot.today, now].map(toNumber).sort((a, b) => a - b);
  const first = (days[0] ?? toNumber(boot.today)) - 30;
  const last = (days.at(-1) ?? toNumber(boot.today)) + 30;
  const field = h("input", {
    type: "date",
    value: now,
    "aria-label": t("截至日期"),
    onchange: () => field.value && app.state.set("date", field.value),
  });
  const slider = h("input", {
    type: "range",
    min: first,
    max: last,
    value: toNumber(now),
    list: "change-days",
    "aria-label": t("拖动查看历史界线"),
    oninput: () => app.state.set("date", toIso(Number(slider.value))),
  });
  const marks = h("datalist", { id: "change-days" }, ...app.catalogue.changes.map((iso) => h("option", { value: toNumber(iso) })));
  const changes = app.catalogue.changes.slice(-6).map((iso) =>
    h("button", { class: "button small", onclick: () => app.state.set("date", iso) }, t("{day} 起", { day: day(iso) })),
  );
  const summary = h("summary", { class: "button", title: t("截至日期") }, h("span", { class: "long" }, t("截至 {day}", { day: day(now) })), h("span", { class: "short" }, now));
  if (now !== boot.today) summary.classList.add("changed");
  const old = place.querySelector<HTMLInputElement>("input[type=range]");
  if (old && document.activeElement === old && open) {
    // The hand is on the slider: put new words beside it without taking it away.
    place.querySelector("summary")?.replaceWith(summary);
    const input = place.querySelector<HTMLInputElement>("input[type=date]");
    if (input) input.value = now;
    return;
  }
  const today = h("button", { class: "button small", onclick: () => app.state.set("date", boot.today) }, t("今天"));
  fill(
    place,
    h(
      "details",
      { ...(open ? { open: true } : {}) },
      summary,
      h("div", { class: "popover" }, h("div", { class: "row" }, field, today), slider, marks, changes.length ? h("div", { class: "row wrap" }, ...changes) : null,
        h("p", { class: "hint" }, t("界线按这一天有效的版本显示。"))),
    ),
  );
}
