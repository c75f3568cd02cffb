/** Plans as cards beside each other: a small map, a row per community, the best figure of each row bold. */

import type { Ground } from "./division-model";
import type { Plan } from "./division-api";
import { boot } from "./boot";
import { partName, planName, said, sides } from "./division-words";
import { h, svg } from "./dom";
import { number, t } from "./i18n";

/** Okabe-Ito, in the order of the parts. */
export const PART_COLOURS = ["#0072b2", "#e69f00", "#009e73", "#d55e00", "#56b4e9", "#cc79a7", "#f0e442"];

export function partColour(part: number): string {
  return PART_COLOURS[(part - 1) % PART_COLOURS.length] ?? "#0072b2";
}

/** A square of a part's colour; its number tells it apart without colour. */
export function swatch(part: number): HTMLElement {
  return h("span", { class: `part-swatch part-${part}`, "aria-hidden": "true" }, part);
}

/** Figures in which plans are compared, lower is better. */
export interface Best {
  shortfall: number;
  moved: number;
  border: number;
}

export function bestOf(plans: Plan[]): Best {
  const least = (value: (plan: Plan) => number) => {
    const values = plans.map(value);
    const low = Math.min(...values);
    // Where all are equal none is best.
    return low < Math.max(...values) ? low : Number.NaN;
  };
  return {
    shortfall: least((plan) => plan.score.shortfall ?? 0),
    moved: least((plan) => plan.score.moved_households),
    border: least((plan) => Math.round(plan.score.border.length_m)),
  };
}

export function planCard(plan: Plan, ground: Ground, best: Best, open: () => void): HTMLElement {
  const { score } = plan;
  return h(
    "article",
    { class: "plan-card", "data-plan": plan.number },
    h("h3", {}, planName(plan.name), h("small", {}, profileWords(plan, ground))),
    smallMap(ground, plan.part_of, planName(plan.name)),
    proofLine(plan, ground),
    partsTable(plan),
    h(
      "dl",
      { class: "figures" },
      ...figure(t("人员缺口"), score.shortfall === null ? "—" : t("{n} 人", { n: number(score.shortfall) }), score.shortfall === best.shortfall),
      ...figure(t("变更社区"), t("{n} 户", { n: number(score.moved_households) }), score.moved_households === best.moved),
      ...figure(t("新界线"), t("{n} 米", { n: number(score.border.length_m) }), Math.round(score.border.length_m) === best.border),
    ),
    ...score.warnings.map((words) => h("p", { class: "notice warning" }, `⚠ ${said(words, ground)}`)),
    more(plan, ground),
    h("button", { class: "button primary", onclick: open }, t("在地图上看和改")),
  );
}

/** What is known of how good the plan is, in words and with a mark. */
export function proofLine(plan: Plan, ground: Ground): HTMLElement {
  const { proved, sentence } = plan.proof;
  const words = proved ? t("已验证：在下列条件下，没有代价更低的界线") : said(sentence, ground);
  return h("p", { class: proved ? "proof proved" : "proof" }, proved ? "✓ " : "○ ", words);
}

/** A title that the server gives in Chinese, in the page's language. */
export function titled(title: string, ground: Ground): string {
  return boot.language === "zh" ? title : (ground.titles_en[title] ?? title);
}

function profileWords(plan: Plan, ground: Ground): string {
  if (boot.language === "zh") return plan.profile_title;
  const [titles = "", spare] = plan.profile_title.split("·");
  const words = titles.split("、").map((title) => (title === "均衡" ? t("均衡") : titled(title, ground)));
  return words.join(", ") + (spare ? t("（备选）") : "");
}

export function figure(label: string, value: string, best = false): HTMLElement[] {
  return [h("dt", {}, label), h("dd", {}, best ? h("strong", {}, value) : value)];
}

function partsTable(plan: Plan): HTMLElement {
  const rows = plan.score.parts.map((part) =>
    h(
      "tr",
      {},
      h("th", { scope: "row" }, h("span", { class: "part-head" }, swatch(part.number), partName(part.name))),
      h("td", { class: part.households_estimated ? "number estimated" : "number" }, number(part.households), part.households_estimated ? h("span", { class: "mark" }, t("估")) : null),
      h("td", { class: "number" }, number(part.staff_min)),
      h("td", { class: "number" }, part.shortfall === null ? "—" : number(part.shortfall)),
      h("td", { class: "number" }, number(part.load)),
    ),
  );
  const head = [t("户数"), t("应配"), t("缺口"), t("人均户数")].map((words) => h("th", { class: "number", scope: "col" }, words));
  return h("table", { class: "parts" }, h("thead", {}, h("tr", {}, h("th", { scope: "col" }, h("span", { class: "visually-hidden" }, t("社区"))), ...head)), h("tbody", {}, ...rows));
}

function more(plan: Plan, ground: Ground): HTMLElement {
  const { score, proof } = plan;
  const before = score.load_now === null ? "—" : number(score.load_now);
  const lines = [
    t("应配人数（测算）{least} 至 {most} 人，现有 {now} 人", { least: score.staff_min, most: score.staff_max, now: score.staff_now ?? "—" }),
    t("人均服务户数 {before} → {after}", { before, after: number(score.load) }),
    ...score.border.by_kind.filter((row) => row.length_m >= 0.5).map((row) => t("界线沿{kind} {n} 米", { kind: titled(row.title, ground), n: number(row.length_m) })),
    ...score.parts.flatMap((part) => (part.extent ? [t("{name}：{extent}", { name: partName(part.name), extent: sides(part.extent) })] : [])),
    ...score.parts.flatMap((part) => walkWords(part)),
    score.compounds_cut.length ? t("切开的小区：{names}", { names: score.compounds_cut.join("、") }) : t("没有切开小区"),
    score.grids_cut.length ? t("切开的网格：{names}", { names: score.grids_cut.join("、") }) : t("没有切开网格"),
    ...(score.households_estimated ? [t("其中 {n} 户为估算或均摊", { n: number(score.households_estimated) })] : []),
    ...ground.notes,
  ];
  return h(
    "details",
    { class: "more" },
    h("summary", {}, t("更多")),
    h("ul", {}, ...lines.map((line) => h("li", {}, line))),
    proof.conditions.length ? h("h4", {}, t("条件")) : null,
    h("ul", {}, ...proof.conditions.map((line) => h("li", {}, said(line, ground)))),
  );
}

function walkWords(part: Plan["score"]["parts"][number]): string[] {
  const walk = part.walk;
  if (!walk || walk.median_s === null || walk.p90_s === null) return [];
  const values = { name: partName(part.name), station: walk.station, half: Math.round(walk.median_s / 60), most: Math.round(walk.p90_s / 60) };
  return [
    walk.by_network
      ? t("{name}到{station}步行：半数 {half} 分钟、九成 {most} 分钟", values)
      : t("{name}到{station}步行（部分按直线）：半数 {half} 分钟、九成 {most} 分钟", values),
  ];
}

/** The plan in a box of 200 by 150: each unit in its part's colour, the new border black. */
export function smallMap(ground: Ground, partOf: number[], title: string): SVGElement {
  const [west, south, east, north] = ground.bbox;
  const squeeze = Math.cos((((south + north) / 2) * Math.PI) / 180);
  const scale = Math.min(196 / ((east - west) * squeeze), 146 / (north - south));
  const left = 100 - ((east - west) * squeeze * scale) / 2;
  const top = 75 - ((north - south) * scale) / 2;
  const place = ([lon, lat]: GeoJSON.Position) =>
    `${(left + ((lon ?? 0) - west) * squeeze * scale).toFixed(1)} ${(top + (north - (lat ?? 0)) * scale).toFixed(1)}`;
  const path = (points: GeoJSON.Position[], closed: boolean) => `M${points.map(place).join("L")}${closed ? "Z" : ""}`;
  const shapes = new Map<number, string[]>();
  ground.units.features.forEach((feature, unit) => {
    const part = partOf[unit] ?? 1;
    const list = shapes.get(part) ?? [];
    for (const ring of rings(feature.geometry)) list.push(path(ring, true));
    shapes.set(part, list);
  });
  const border = ground.borders
    .filter((piece) => partOf[piece.pair[0]] !== partOf[piece.pair[1]])
    .flatMap((piece) => lines(piece.line).map((line) => path(line, false)));
  return svg(
    "svg",
    { viewBox: "0 0 200 150", class: "small-map", role: "img", "aria-label": t("{name}的小图", { name: title }) },
    ...[...shapes].map(([part, list]) =>
      svg("path", { d: list.join(""), fill: partColour(part), "fill-opacity": 0.45, "fill-rule": "evenodd", stroke: partColour(part), "stroke-width": 0.3, "stroke-opacity": 0.45 }),
    ),
    svg("path", { d: border.join(""), fill: "none", stroke: "#1b1f24", "stroke-width": 2, "stroke-linecap": "round" }),
  );
}

function rings(shape: GeoJSON.Geometry): GeoJSON.Position[][] {
  if (shape.type === "Polygon") return shape.coordinates;
  return shape.type === "MultiPolygon" ? shape.coordinates.flat() : [];
}

function lines(shape: GeoJSON.Geometry): GeoJSON.Position[][] {
  if (shape.type === "LineString") return [shape.coordinates];
  return shape.type === "MultiLineString" ? shape.coordinates : [];
}
