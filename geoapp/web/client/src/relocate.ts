/** Where a case really lies: tapped on a small map, with the old place, the new one and its grid before it is sent. */

import { getJson } from "./api";
import { backgroundMap } from "./background";
import { byId, h } from "./dom";
import { canDraw } from "./drawing";
import { geodesicLength_m } from "./geodesy";
import { length, t } from "./i18n";

interface Where {
  spots: { where: string; warnings: string[] }[];
}
type LonLat = [number, number];

export function relocating(): void {
  const box = document.getElementById("relocate");
  const form = box?.closest("form");
  if (!box || !form) return;
  const degrees = byId<HTMLDetailsElement>("relocate-degrees");
  const fields = ["lon", "lat"].map((name) => form.elements.namedItem(name) as HTMLInputElement);
  const said = byId("relocate-said");
  const old = box.dataset["known"] ? middle(box) : null;
  let show: (at: LonLat) => void = () => undefined;
  let asking = new AbortController();

  const put = (at: LonLat) => {
    fields.forEach((field, i) => (field.value = at[i]?.toFixed(6) ?? ""));
    ask(at);
  };
  const ask = (at: LonLat) => {
    show(at);
    asking.abort();
    asking = new AbortController();
    said.textContent = t("正在看落在哪个网格…");
    void getJson<Where>(`/cases/where?lon=${at[0].toFixed(6)}&lat=${at[1].toFixed(6)}`, asking.signal).then(
      (answer) => said.replaceChildren(...told(answer, at, old, box.dataset["place"] ?? "")),
      (error: unknown) => {
        if (error instanceof DOMException && error.name === "AbortError") return;
        said.textContent = t("没有查到落在哪个网格；位置已经点好，仍可以发送。");
      },
    );
  };
  const typed = () => {
    const at = typedAt(fields);
    if (at) ask(at);
    else if (fields.every((field) => field.value)) said.textContent = t("经纬度要写成小数，例如 116.46；请改正。");
  };
  for (const field of fields) field.addEventListener("change", typed);
  if (!canDraw()) {
    typed();
    return;
  }
  // With a map nobody has to type; what is folded away may not hold the form up.
  for (const field of fields) field.required = false;
  degrees.open = false;
  box.hidden = false;
  form.addEventListener("submit", (event) => {
    if (typedAt(fields)) return;
    event.preventDefault();
    said.textContent = fields.some((field) => field.value) ? t("经纬度要写成小数，例如 116.46；请改正。") : t("先在图上点一下新的位置。");
    if (!degrees.open) box.querySelector<HTMLElement>(".maplibregl-canvas")?.focus();
  });
  const open = () =>
    void draw(box, old, put).then(
      (shown) => {
        show = shown;
        typed();
      },
      () => {
        box.hidden = true;
        degrees.open = true;
      },
    );
  const folded = form.closest("details");
  if (!folded || folded.open) open();
  else folded.addEventListener("toggle", open, { once: true });
}

/** What is said of a new spot: its grid, how far from the old place, and what is unsure of it. */
function told({ spots }: Where, at: LonLat, old: LonLat | null, place: string): (string | HTMLElement)[] {
  const spot = spots[0];
  if (!spot) return [];
  const where = spot.where === place ? t("新位置还在{place}", { place }) : t("新位置在{place}", { place: spot.where });
  const far = old ? t("离原来 {n}", { n: length(Math.round(geodesicLength_m([old, at]))) }) : "";
  return [h("strong", {}, where), far && ` · ${far}`, ...spot.warnings.map((each) => h("strong", { class: "caution" }, ` ${each}`))];
}

function middle(box: HTMLElement): LonLat | null {
  return box.dataset["lon"] ? [Number(box.dataset["lon"]), Number(box.dataset["lat"])] : null;
}

function typedAt(fields: HTMLInputElement[]): LonLat | null {
  const [lon, lat] = fields.map((field) => (field.value.trim() ? Number(field.value) : NaN)) as LonLat;
  return Math.abs(lon) <= 180 && Math.abs(lat) <= 90 ? [lon, lat] : null;
}

/** The map: a tap, or Enter and the button for what lies in its middle. Gives back how a new spot is shown. */
async function draw(box: HTMLElement, old: LonLat | null, put: (at: LonLat) => void): Promise<(at: LonLat) => void> {
  const container = byId("relocate-map");
  const { map, maplibre } = await backgroundMap(container, middle(box));
  if (!old) map.setZoom(15);
  const pin = (kind: string, words: string) => new maplibre.Marker({ element: h("div", { class: `case-pin ${kind}`, title: words }) });
  if (old) pin("old", t("原来的位置")).setLngLat(old).addTo(map);
  const marker = pin("new", t("新位置"));
  const here = () => put(map.getCenter().toArray() as LonLat);
  map.on("click", (event) => put(event.lngLat.toArray() as LonLat));
  map.getCanvas().addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    here();
  });
  byId("relocate-here").addEventListener("click", here);
  container.append(h("div", { class: "map-middle", "aria-hidden": "true" }));
  container.dataset["drawn"] = "yes";
  return (spot) => {
    marker.setLngLat(spot).addTo(map);
    if (!map.getBounds().contains(spot)) map.easeTo({ center: spot, duration: 150 });
  };
}
