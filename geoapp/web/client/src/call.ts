/** The counter's form: while the address is typed, what it may mean is offered; a tap on the map says where it is. */

import { getJson } from "./api";
import { backgroundMap } from "./background";
import { byId, fill, h, settled } from "./dom";
import { canDraw } from "./drawing";
import { t } from "./i18n";

interface Spot {
  key: string;
  name: string;
  where: string;
  warnings: string[];
  outside: boolean;
  lon: number | null;
  lat: number | null;
}
interface Where {
  spots: Spot[];
  note: string;
}
type LonLat = [number, number];

export function calling(): void {
  const form = document.getElementById("call");
  if (!(form instanceof HTMLFormElement)) return;
  const address = byId<HTMLInputElement>("address");
  const hidden = (id: string) => byId<HTMLInputElement>(id);
  let show: (at: LonLat) => void = () => undefined;
  let asking = new AbortController();
  let tapped: Spot | null = null;
  let found: Where = { spots: [], note: "" };

  const chosen = () => new FormData(form).get("choice");
  const draw = (keep: FormDataEntryValue | null) => {
    const spots = tapped ? [tapped, ...found.spots] : found.spots;
    const first = found.spots.length === 1 && !found.spots[0]?.outside ? found.spots[0]?.key : "";
    const on = tapped ? tapped.key : spots.some((spot) => spot.key === keep) ? keep : first;
    offer(spots, found.note, String(on ?? ""), (spot) => spot.lon !== null && spot.lat !== null && show([spot.lon, spot.lat]));
    const now = spots.find((spot) => spot.key === on);
    if (now && now.lon !== null && now.lat !== null) show([now.lon, now.lat]);
  };
  const ask = settled(() => {
    const words = address.value.trim();
    asking.abort();
    asking = new AbortController();
    void getJson<Where>(`/cases/where?address=${encodeURIComponent(words)}`, asking.signal).then((answer) => {
      if (words !== address.value.trim()) return;
      found = words ? answer : { spots: [], note: "" };
      hidden("asked").value = words;
      draw(chosen());
    }, () => undefined);
  }, 250);
  address.addEventListener("input", () => {
    tapped = null;
    ask();
  });
  if (address.value && !byId("spots").querySelector("input:checked")) ask();
  if (canDraw()) {
    const box = byId("pick-map");
    const step = box.parentElement as HTMLElement;
    step.hidden = false;
    void pickMap(box, (lon, lat) => {
      hidden("lon").value = lon.toFixed(6);
      hidden("lat").value = lat.toFixed(6);
      void getJson<Where>(`/cases/where?lon=${lon.toFixed(6)}&lat=${lat.toFixed(6)}`).then((answer) => {
        const spot = answer.spots[0];
        if (!spot) return;
        tapped = { ...spot, name: t("图上点的") };
        hidden("asked").value = address.value.trim();
        const top = box.getBoundingClientRect().top;
        draw("pin");
        // What she chooses from stands above the map on a phone: the map stays under her thumb.
        window.scrollBy(0, box.getBoundingClientRect().top - top);
      }, () => undefined);
    }).then((put) => (show = put), () => (step.hidden = true));
  }
}

/** The candidates as radio buttons, in the place of those before; her own area is always among them. */
function offer(spots: Spot[], note: string, on: string, picked: (spot: Spot) => void): void {
  const box = byId("spots");
  const legend = box.querySelector("legend");
  const own = box.dataset["own"] ?? "";
  const row = (key: string, words: string, warnings: string[], spot?: Spot) => {
    const input = h("input", { type: "radio", name: "choice", value: key, checked: key === on });
    if (spot) input.addEventListener("change", () => picked(spot));
    return h("label", { class: "row" }, input, h("span", {}, words, ...warnings.map((each) => h("strong", { class: "caution" }, ` ${each}`))));
  };
  fill(
    box,
    legend,
    note ? h("p", { class: "hint" }, note) : null,
    ...spots.map((spot) => row(spot.key, [spot.name, spot.where].filter(Boolean).join(" · "), spot.warnings, spot)),
    row("own", own ? t("先放在我的辖区（{place}），以后再定位", { place: own }) : t("先不定位"), []),
  );
  box.hidden = !spots.length && !note;
}

/** A map that tells where it was tapped; gives back how a spot is shown on it. */
async function pickMap(box: HTMLElement, tapped: (lon: number, lat: number) => void): Promise<(at: LonLat) => void> {
  const at: LonLat | null = box.dataset["lon"] ? [Number(box.dataset["lon"]), Number(box.dataset["lat"])] : null;
  const { map, maplibre } = await backgroundMap(box, at);
  if (at) map.setZoom(15);
  // A tap needs a pointer; on the way from the address to the telephone the map would be three stops for nothing.
  for (const stop of box.querySelectorAll<HTMLElement>("canvas, button")) stop.tabIndex = -1;
  const marker = new maplibre.Marker({ element: h("div", { class: "case-pin" }) });
  map.on("click", (event) => tapped(event.lngLat.lng, event.lngLat.lat));
  box.dataset["drawn"] = "yes";
  return (spot) => {
    marker.setLngLat(spot).addTo(map);
    if (!map.getBounds().contains(spot)) map.jumpTo({ center: spot, zoom: Math.max(map.getZoom(), 16) });
  };
}
