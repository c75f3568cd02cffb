/** Where it is: a pin on our own map, or the phone's position where the browser gives it (https or this machine). */

import { backgroundMap } from "./background";
import { byId, h } from "./dom";
import { canDraw } from "./drawing";
import { t } from "./i18n";

export function place(form: HTMLFormElement, moved: () => void): void {
  const field = (name: string) => form.elements.namedItem(name) as HTMLInputElement;
  const shown = byId("pin");
  const words = byId("pin-words");
  const off = byId<HTMLButtonElement>("unpin");
  let draw: (lon: number, lat: number) => void = () => undefined;
  let wipe: () => void = () => undefined;

  const put = (lon: number, lat: number, evidence: "pin" | "device", accuracy_m = 0) => {
    field("lon").value = lon.toFixed(6);
    field("lat").value = lat.toFixed(6);
    field("evidence").value = evidence;
    field("accuracy").value = accuracy_m ? accuracy_m.toFixed(0) : "";
    words.textContent =
      evidence === "pin" ? t("图钉已放好，可以再点一下换地方") : t("用的是手机的位置（大约 {n} 米内），不准就点地图改", { n: Math.round(accuracy_m) });
    off.hidden = false;
    draw(lon, lat);
    moved();
  };
  off.addEventListener("click", () => {
    for (const name of ["lon", "lat", "evidence", "accuracy"]) field(name).value = "";
    words.textContent = t("点一下地图，放下图钉");
    off.hidden = true;
    wipe();
    moved();
  });

  const here = byId<HTMLButtonElement>("here");
  if (window.isSecureContext && "geolocation" in navigator) {
    here.hidden = shown.hidden = false;
    here.addEventListener("click", () => {
      words.textContent = t("正在找您的位置…");
      navigator.geolocation.getCurrentPosition(
        ({ coords }) => put(coords.longitude, coords.latitude, "device", coords.accuracy),
        () => (words.textContent = t("手机没有给出位置；请点一下地图，或写地址。")),
        { enableHighAccuracy: true, timeout: 15_000, maximumAge: 30_000 },
      );
    });
  }
  if (!canDraw()) {
    byId("pin-map").hidden = true;
    return;
  }
  shown.hidden = false;
  void openMap(field("lon").value ? [Number(field("lon").value), Number(field("lat").value)] : null)
    .then(({ map, marker }) => {
      map.on("click", (event) => put(event.lngLat.lng, event.lngLat.lat, "pin"));
      draw = (lon, lat) => {
        marker.setLngLat([lon, lat]).addTo(map);
        map.easeTo({ center: [lon, lat], zoom: Math.max(map.getZoom(), 17) });
      };
      wipe = () => marker.remove();
      if (field("lon").value) put(Number(field("lon").value), Number(field("lat").value), "pin");
      byId("pin-map").dataset["drawn"] = "yes";
    })
    .catch(() => (byId("pin-map").hidden = true));
}

async function openMap(at: [number, number] | null) {
  const { map, maplibre } = await backgroundMap(byId("pin-map"), at);
  return { map, marker: new maplibre.Marker({ element: h("div", { class: "pin" }), anchor: "bottom" }) };
}
