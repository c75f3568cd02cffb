/** What a planner asks for: how many communities, how large, what stays together. */

import type { App, MapPress, PlaceInfo } from "./app";
import { getJson, sentence } from "./api";
import { boot } from "./boot";
import type { Options, Wish } from "./division-api";
import { fill, h } from "./dom";
import { number, t } from "./i18n";

/** Fills `body` with the form; `send` hears the wish. */
export function drawForm(app: App, body: HTMLElement, place: PlaceInfo, options: Options, send: (wish: Wish) => void): void {
  const parts = h("input", { type: "number", id: "division-parts", min: 2, max: options.parts_most, value: 2, required: true });
  const sizes = h(
    "select",
    { id: "division-sizes" },
    h("option", { value: "standard" }, t("按设立标准：每个 {low} 至 {high} 户", { low: options.households_merge, high: options.households_most })),
    h("option", { value: "tolerance" }, t("大致相等，允许偏差")),
    h("option", { value: "ranges" }, t("每个社区各自的户数范围")),
  );
  const tolerance = h("input", { type: "number", id: "division-tolerance", min: 1, max: 95, value: 10 });
  const toleranceRow = h("p", { class: "field" }, h("label", { for: tolerance.id }, t("允许偏差（%）")), tolerance);
  const rows = h("div", { class: "division-rows" });
  const keep = h("input", { type: "checkbox", id: "division-keep", checked: true });
  const profile = h(
    "select",
    { id: "division-profile" },
    h("option", { value: "" }, t("几种都算，比较着看")),
    ...options.profiles.map((each) => h("option", { value: each.key }, boot.language === "zh" ? `${each.title}：${each.purpose}` : each.title_en)),
  );
  const together = h("input", { type: "text", id: "division-together", placeholder: t("小区名称，用顿号隔开") });
  const station = stationPicker(app);
  const total = place.households ?? 0;
  const draw = () => {
    toleranceRow.hidden = sizes.value !== "tolerance";
    const known = [...rows.querySelectorAll<HTMLInputElement>("input[data-name]")].map((field) => field.value);
    const count = Math.max(2, Math.min(options.parts_most, Math.round(Number(parts.value)) || 2));
    fill(rows, ...Array.from({ length: count }, (_, i) => partRow(i, known[i] ?? (i ? "" : place.name), sizes.value === "ranges", total / count)));
  };
  parts.addEventListener("change", draw);
  sizes.addEventListener("change", draw);
  const form = h(
    "form",
    { class: "division-form" },
    h("p", {}, t("{name} 现有 {n} 户；试划分不改变任何现行边界。", { name: place.name, n: number(total) })),
    h("p", { class: "field" }, h("label", { for: parts.id }, t("分成几个社区")), parts),
    h("p", { class: "field" }, h("label", { for: sizes.id }, t("户数要求")), sizes),
    toleranceRow,
    rows,
    h("p", { class: "field row" }, keep, h("label", { for: keep.id }, t("小区、院落整体保留"))),
    h(
      "details",
      {},
      h("summary", {}, t("更多要求")),
      h("p", { class: "field" }, h("label", { for: together.id }, t("还要分在同一个社区的小区")), together, compoundPicker(app, together)),
      h("p", { class: "field" }, h("label", { for: profile.id }, t("界线偏好")), profile),
      station.element,
    ),
    h("p", { class: "row" }, h("button", { class: "button primary", type: "submit" }, t("开始试划分"))),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const fields = (name: string) => [...rows.querySelectorAll<HTMLInputElement>(`input[data-${name}]`)];
    const names = fields("name").map((field) => field.value.trim());
    const groups = together.value.split(/[、,，;；]/).map((word) => word.trim()).filter(Boolean);
    send({
      on: app.state.get("date"),
      parts: Number(parts.value),
      sizes: sizes.value,
      ...(sizes.value === "tolerance" ? { tolerance: Number(tolerance.value) / 100 } : {}),
      ...(sizes.value === "ranges" ? { ranges: fields("low").map((field, i) => [Number(field.value), Number(fields("high")[i]?.value)]) } : {}),
      ...(names.every(Boolean) ? { part_names: names } : {}),
      keep_compounds: keep.checked,
      ...(groups.length > 1 ? { keep: [groups] } : {}),
      ...(profile.value ? { profiles: [profile.value] } : {}),
      stations: station.value(),
    });
  });
  draw();
  fill(body, h("h2", {}, t("试划分 {name}", { name: place.name })), form);
}

function partRow(i: number, name: string, ranged: boolean, equal: number): HTMLElement {
  const id = `division-name-${i + 1}`;
  const bound = (which: "low" | "high", words: string, value: number) =>
    h("input", { type: "number", [`data-${which}`]: true, min: 0, value, "aria-label": t("第 {i} 个社区{words}", { i: i + 1, words }) });
  const ranges = [bound("low", t("最少户数"), Math.round(equal * 0.9)), h("span", {}, t("至")), bound("high", t("最多户数"), Math.round(equal * 1.1)), h("span", {}, t("户"))];
  return h(
    "p",
    { class: "field" },
    h("label", { for: id }, t("第 {i} 个社区", { i: i + 1 }), i ? null : h("small", {}, t("（沿用现名）"))),
    h("input", { type: "text", id, "data-name": true, value: name, maxlength: 30, placeholder: t("名称，可以以后再定") }),
    ranged ? h("span", { class: "row" }, ...ranges) : null,
  );
}

/** Compounds to keep together, pressed on the map one after the other until the button is pressed again. */
function compoundPicker(app: App, field: HTMLInputElement): HTMLElement | null {
  const keys = app.catalogue.entries.filter((entry) => entry.kind === "compound").map((entry) => entry.key);
  if (!app.map || !keys.length) return null;
  const words = h("span", { class: "hint" });
  const button = h("button", { class: "button small", type: "button", "aria-pressed": "false" }, t("在地图上点选"));
  let stop: (() => void) | null = null;
  const hear = async (press: MapPress) => {
    const query = new URLSearchParams({ lon: press.lon.toFixed(7), lat: press.lat.toFixed(7), on: app.state.get("date"), layers: keys.join(","), zoom: "16" });
    try {
      const answer = await getJson<{ features: { title: string }[] }>(`/api/map/at?${query}`);
      const name = answer.features[0]?.title;
      const names = field.value.split(/[、,，;；]/).map((word) => word.trim()).filter(Boolean);
      if (!name) words.textContent = t("这里没有小区；请点小区的范围内。");
      else if (!names.includes(name)) {
        field.value = [...names, name].join("、");
        words.textContent = "";
      }
    } catch (error) {
      words.textContent = sentence(error);
    }
  };
  button.addEventListener("click", () => {
    const on = !stop;
    stop?.();
    stop = on ? app.onPress((press) => (button.isConnected ? (void hear(press), true) : false)) : null;
    button.setAttribute("aria-pressed", String(on));
    words.textContent = on ? t("请逐个点小区，点完再按一次按钮") : "";
  });
  return h("span", { class: "row" }, button, words);
}

/** A planned service station, pointed out on the map. */
function stationPicker(app: App): { element: HTMLElement; value: () => { name: string; lon: number; lat: number }[] } {
  let at: { lon: number; lat: number } | null = null;
  const words = h("span", { class: "hint" }, t("没有规划的服务站"));
  const button = h("button", { class: "button small", type: "button" }, t("在地图上点选"));
  button.addEventListener("click", () => {
    words.textContent = t("请在地图上点规划服务站的位置");
    const stop = app.onPress((press) => {
      at = { lon: press.lon, lat: press.lat };
      words.textContent = `${press.lon.toFixed(5)}, ${press.lat.toFixed(5)}`;
      stop();
      return true;
    });
  });
  const element = h("p", { class: "field" }, h("label", {}, t("规划服务站")), h("span", { class: "row" }, app.map ? button : null, words));
  return { element, value: () => (at ? [{ name: t("规划服务站"), ...at }] : []) };
}
