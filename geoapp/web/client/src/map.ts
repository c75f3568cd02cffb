/** Entry of the map page: makes the map and lets every tool install itself. */

import type { App, MapPress, PressHandler, Tool } from "./app";
import { getJson, sentence } from "./api";
import { boot } from "./boot";
import type { Catalogue } from "./catalogue";
import { dates } from "./dates";
import { division } from "./division";
import { byId, fill, h } from "./dom";
import { canDraw, Drawing, makeMap } from "./drawing";
import { furniture } from "./furniture";
import { t } from "./i18n";
import { Keys } from "./keys";
import { layers } from "./layers";
import { listing } from "./listing";
import { measure } from "./measure";
import { Overlays } from "./overlays";
import { Panels } from "./panels";
import { person } from "./person";
import { printing } from "./printing";
import { search } from "./search";
import { selection } from "./selection";
import { readView, share } from "./share";
import { State, type LayerState } from "./state";
import { still } from "./still";
import { Tray } from "./tray";
import { upload } from "./upload";
import { welcome } from "./welcome";

/** In the order in which their panels' tabs stand. */
const TOOLS: Tool[] = [layers, listing, selection, division, search, dates, furniture, measure, share, person, printing, upload, still, welcome];

async function start(): Promise<void> {
  const view = readView(location.hash);
  const container = byId("map");
  const panels = new Panels(byId("left"), byId("right"), byId("bottom-sheet"));
  const map = canDraw() ? await makeMap(container, view.camera, panels.firstPadding()) : null;
  const state = new State({ date: view.date, order: [], layers: {}, selection: null });
  adopt(state, boot.catalogue, view.order, view.layers);
  const pressHandlers: PressHandler[] = [];
  const refreshed: (() => void)[] = [];
  const drawing = map ? new Drawing(map, state) : null;
  const app: App = {
    map,
    catalogue: boot.catalogue,
    state,
    panels,
    tray: new Tray(byId("tray")),
    keys: new Keys(),
    overlays: new Overlays(map),
    placeActions: [],
    onPress(handler) {
      pressHandlers.unshift(handler);
      return () => void pressHandlers.splice(pressHandlers.indexOf(handler), 1);
    },
    show(box) {
      panels.giveWay();
      map?.fitBounds(box, { padding: panels.padding(), maxZoom: 17, duration: 150 });
    },
    reveal(lon, lat) {
      panels.giveWay();
      if (!map) return;
      const at = map.project([lon, lat]);
      const { clientWidth: width, clientHeight: height } = map.getContainer();
      const free = panels.padding();
      const by_x = Math.min(at.x - free.left, 0) + Math.max(at.x - (width - free.right), 0);
      const by_y = Math.min(at.y - free.top, 0) + Math.max(at.y - (height - free.bottom), 0);
      if (by_x || by_y) map.panBy([by_x, by_y], { duration: 150 });
    },
    async refresh() {
      app.catalogue = await getJson<Catalogue>("/api/map/layers");
      adopt(state, app.catalogue, null, null);
      drawing?.setEntries(app.catalogue.entries);
      for (const listener of refreshed) listener();
    },
    onRefresh: (listener) => void refreshed.push(listener),
  };
  drawing?.setEntries(boot.catalogue.entries);
  for (const tool of TOOLS) await tool.install(app);
  app.keys.add("Escape", t("关闭最上面的面板"), () => panels.closeTop());
  if (!panels.narrow && map) panels.open("layers");
  map?.on("click", (event) => {
    const press: MapPress = { lon: event.lngLat.lng, lat: event.lngLat.lat, x: event.point.x, y: event.point.y };
    pressHandlers.some((handler) => handler(press));
  });
  // A published file that has been replaced since this page was opened: ask for the new addresses, not too often.
  let asked_ms = 0;
  map?.on("error", (event) => {
    if (!/404/.test(String(event.error?.message)) || performance.now() - asked_ms < 10_000) return;
    asked_ms = performance.now();
    app.refresh().catch((error: unknown) => app.tray.say("danger", t("图层没有更新"), sentence(error)));
  });
  container.removeAttribute("aria-busy");
  map?.once("idle", () => (document.body.dataset["drawn"] = String(Math.round(performance.now()))));
  if (view.selection) state.set("selection", view.selection);
}

/** Order and switches for a catalogue: what a link says, else what was there, else what the catalogue proposes. */
function adopt(state: State, catalogue: Catalogue, order: string[] | null, chosen: Record<string, LayerState> | null): void {
  const keys = catalogue.entries.map((entry) => entry.key);
  const before = order ?? state.get("order");
  const kept = before.filter((key) => keys.includes(key));
  const result = [...kept];
  // A layer that is new goes where the catalogue has it: above its nearest known neighbour below.
  keys.forEach((key, i) => {
    if (result.includes(key)) return;
    const below = keys.slice(0, i).reverse().find((other) => result.includes(other));
    result.splice(below ? result.indexOf(below) + 1 : 0, 0, key);
  });
  const known = chosen ?? state.get("layers");
  const values: Record<string, LayerState> = {};
  for (const entry of catalogue.entries) {
    values[entry.key] = known[entry.key] ?? { visible: chosen ? false : entry.visible, opacity: entry.opacity };
  }
  state.set("layers", values);
  state.set("order", result);
}

start().catch((error: unknown) => {
  const again = h("button", { class: "button primary", onclick: () => location.reload() }, t("重新打开"));
  fill(byId("map"), h("div", { class: "state" }, h("h2", {}, t("地图没有打开")), h("p", {}, sentence(error)), again));
});
