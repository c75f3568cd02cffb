/** Entry of officers' pages: the map beside the list, copying, and the list under the arrow keys. */

import type { Map as MapLibreMap, Marker } from "maplibre-gl";
import { byId, h } from "./dom";
import { t } from "./i18n";
import { backgroundMap } from "./background";
import { calling } from "./call";
import { canDraw } from "./drawing";
import { following } from "./going";
import { handing } from "./handing";
import { painting } from "./paint";
import { relocating } from "./relocate";

const container = document.getElementById("case-map");
if (container && canDraw()) void drawCases(container);
copying();
handing();
arrows();
painting();
filters();
calling();
relocating();
void following();
document.getElementById("wrong")?.focus();

async function drawCases(container: HTMLElement): Promise<void> {
  const rows = [...document.querySelectorAll<HTMLElement>(".case-row[data-lon]")];
  const alone = container.dataset["lon"] ? ([Number(container.dataset["lon"]), Number(container.dataset["lat"])] as [number, number]) : null;
  if (!rows.length && !alone) return;
  container.hidden = false;
  container.parentElement?.classList.add("with-map");
  const { map, maplibre } = await backgroundMap(container, alone);
  const put = (lon: number, lat: number, kind: string, words: string, press?: () => void): Marker => {
    const pin = press ? h("button", { type: "button", class: `case-pin ${kind}`, "aria-label": words, title: words }) : h("div", { class: `case-pin ${kind}` });
    if (press) pin.addEventListener("click", press);
    return new maplibre.Marker({ element: pin }).setLngLat([lon, lat]).addTo(map);
  };
  if (alone) put(alone[0], alone[1], "", "");
  const bounds = new maplibre.LngLatBounds();
  for (const row of rows) {
    const at: [number, number] = [Number(row.dataset["lon"]), Number(row.dataset["lat"])];
    bounds.extend(at);
    put(at[0], at[1], row.dataset["mark"] ?? "", row.querySelector("a")?.textContent ?? "", () => choose(row));
    row.addEventListener("pointerenter", () => emphasise(map, at));
  }
  if (rows.length) map.fitBounds(bounds, { padding: 40, maxZoom: 17, duration: 0 });
  container.dataset["drawn"] = "yes";
}

function choose(row: HTMLElement): void {
  for (const other of document.querySelectorAll<HTMLElement>(".case-row[data-chosen]")) delete other.dataset["chosen"];
  row.dataset["chosen"] = "yes";
  row.scrollIntoView({ block: "center" });
  row.querySelector<HTMLElement>(".case-title a")?.focus();
}

function emphasise(map: MapLibreMap, at: [number, number]): void {
  if (!map.getBounds().contains(at)) map.easeTo({ center: at, duration: 150 });
}

/** The text for the property manager's chat group: one press, where the browser lets pages write the clipboard. */
function copying(): void {
  const button = document.getElementById("copy");
  if (!button) return;
  button.hidden = false;
  button.addEventListener("click", () => {
    const field = byId<HTMLTextAreaElement>("share-text");
    field.select();
    const copied = window.isSecureContext ? navigator.clipboard.writeText(field.value).then(() => true, () => false) : Promise.resolve(document.execCommand("copy"));
    void copied.then((done) => (button.textContent = done ? t("已复制，去群里粘贴") : t("请按 Ctrl+C 复制")));
  });
}

/** Filters stand open where there is room for them; on a phone they would push the list off the screen. */
function filters(): void {
  const narrowing = document.getElementById("narrowing") as HTMLDetailsElement | null;
  if (narrowing && matchMedia("(min-width: 761px)").matches) narrowing.open = true;
}

/** Arrow keys go from case to case. */
function arrows(): void {
  const links = [...document.querySelectorAll<HTMLElement>(".case-title a")];
  document.addEventListener("keydown", (event) => {
    if (!["ArrowDown", "ArrowUp"].includes(event.key) || event.ctrlKey || event.metaKey || event.altKey) return;
    const at = links.indexOf(document.activeElement as HTMLElement);
    if (at < 0) return;
    event.preventDefault();
    links[Math.min(Math.max(at + (event.key === "ArrowDown" ? 1 : -1), 0), links.length - 1)]?.focus();
  });
}
