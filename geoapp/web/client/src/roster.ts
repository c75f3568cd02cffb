/** Panel 待落图: rows of a roster that matched no building; each is placed by pressing the map, and stays placed. */

import type { App } from "./app";
import { getJson, postJson, sentence } from "./api";
import { fill, h } from "./dom";
import { number, t } from "./i18n";

interface Waiting {
  name: string;
  households: number | null;
  reason: string;
  sheet_rows: number[];
}

interface Answer {
  title: string;
  rows: Waiting[];
  placed: number;
}

const PANEL = "roster";
/** The row that waits for a press, and the way to stop waiting. */
let aiming: { release: () => void; name: string } | null = null;

/** Opens the list of a roster's rows without a place. */
export async function openRoster(app: App, layer: string): Promise<void> {
  if (!app.panels.has(PANEL)) {
    app.panels.register({ id: PANEL, title: t("待落图"), side: "right", onClose: stopAiming });
  }
  const body = app.panels.body(PANEL);
  app.panels.open(PANEL);
  stopAiming();
  try {
    draw(app, body, layer, await getJson<Answer>(`/api/layers/rosters/${encodeURIComponent(layer)}/unmatched`));
  } catch (error) {
    fill(body, h("p", { class: "notice danger" }, sentence(error)));
  }
}

function stopAiming(): void {
  aiming?.release();
  aiming = null;
  document.body.classList.remove("aiming");
}

function draw(app: App, body: HTMLElement, layer: string, answer: Answer): void {
  const households = answer.rows.reduce((sum, row) => sum + (row.households ?? 0), 0);
  const head = answer.rows.length
    ? t("{title}：还有 {n} 行、{households} 户没有对上楼栋。选一行，再在图上点它的位置；下次导入会记住。", {
        title: answer.title,
        n: number(answer.rows.length),
        households: number(households),
      })
    : t("{title}：各行都已落图。", { title: answer.title });
  const list = h("ol", { class: "rows" }, ...answer.rows.map((row) => item(app, body, layer, row)));
  fill(body, h("p", { role: "status" }, head), list);
}

function item(app: App, body: HTMLElement, layer: string, row: Waiting): HTMLElement {
  const words = [t("{n} 户", { n: number(row.households ?? 0) }), row.reason, t("表中第 {rows} 行", { rows: row.sheet_rows.join("、") })];
  const button = h(
    "button",
    { class: "row-button", "aria-pressed": "false", onclick: () => aim(app, body, layer, row, button) },
    h("strong", {}, row.name),
    h("span", {}, words.filter(Boolean).join(" · ")),
  );
  return h("li", {}, button);
}

/** The next press of the map is this row's place. */
function aim(app: App, body: HTMLElement, layer: string, row: Waiting, button: HTMLElement): void {
  stopAiming();
  for (const other of body.querySelectorAll("[aria-pressed]")) other.setAttribute("aria-pressed", "false");
  button.setAttribute("aria-pressed", "true");
  document.body.classList.add("aiming");
  if (app.panels.narrow) app.panels.fold({ id: PANEL, side: "right" });
  const release = app.onPress((press) => {
    stopAiming();
    void place(app, layer, row, press.lon, press.lat);
    return true;
  });
  aiming = { release, name: row.name };
}

async function place(app: App, layer: string, row: Waiting, lon: number, lat: number): Promise<void> {
  try {
    await postJson(`/api/layers/rosters/${encodeURIComponent(layer)}/tap`, { name: row.name, lon, lat });
    app.tray.say("good", row.name, t("已落图。"));
    await app.refresh();
  } catch (error) {
    app.tray.say("danger", row.name, sentence(error));
  }
  await openRoster(app, layer);
}
