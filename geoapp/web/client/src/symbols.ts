/** Small drawings for the legend, on screen and on paper. */

import type { LegendItem } from "./catalogue";
import { svg } from "./dom";

const WIDTH = 24;
const HEIGHT = 14;

export function symbol(item: LegendItem): SVGElement {
  const shape = { fill: area, line: line, point: point }[item.shape](item);
  return svg("svg", { class: "symbol", width: WIDTH, height: HEIGHT, viewBox: `0 0 ${WIDTH} ${HEIGHT}`, "aria-hidden": "true" }, ...shape);
}

function area(item: LegendItem): SVGElement[] {
  const edge = { stroke: item.outline ?? "none", "stroke-width": item.outline ? (item.width ?? 1) : 0 };
  return [
    svg("rect", { x: 1.5, y: 1.5, width: WIDTH - 3, height: HEIGHT - 3, fill: item.color, ...edge, ...(item.dashed ? { "stroke-dasharray": "4 2" } : {}) }),
  ];
}

function line(item: LegendItem): SVGElement[] {
  const ends = { x1: 0, y1: HEIGHT / 2, x2: WIDTH, y2: HEIGHT / 2 };
  const width = item.width ?? 2;
  const lines = item.outline ? [svg("line", { ...ends, stroke: item.outline, "stroke-width": width + 2 })] : [];
  lines.push(svg("line", { ...ends, stroke: item.color, "stroke-width": width, ...(item.dashed ? { "stroke-dasharray": "5 3" } : {}) }));
  return lines;
}

function point(item: LegendItem): SVGElement[] {
  // Fonts draw this sign too thin to be seen; the map has a circle as well.
  if (item.glyph === "○") return [svg("circle", { cx: WIDTH / 2, cy: HEIGHT / 2, r: 4.5, fill: "#ffffff", stroke: item.color, "stroke-width": 3 })];
  if (item.glyph) {
    const glyph = svg("text", { x: WIDTH / 2, y: HEIGHT - 1.5, "text-anchor": "middle", "font-size": 15, fill: item.color });
    glyph.textContent = item.glyph;
    return [glyph];
  }
  return [
    svg("circle", { cx: WIDTH / 2, cy: HEIGHT / 2, r: 4.5, fill: item.color, stroke: item.outline ?? "#ffffff", "stroke-width": 1.5 }),
  ];
}
