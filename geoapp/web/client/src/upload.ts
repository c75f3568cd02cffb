/** A file dropped on the page becomes a layer: progress and outcome in the tray, set-aside rows and undo beside it. */

import type { App, Tool } from "./app";
import { followJob, postForm, postJson, sentence } from "./api";
import { boot, may } from "./boot";
import { byId, fill, h } from "./dom";
import { number, t } from "./i18n";
import { openRoster } from "./roster";
import type { TrayAction, TrayItem } from "./tray";

/** The import's report, as POST /api/layers/import answers it (at once, or as the result of a job). */
interface Report {
  job?: string;
  import_id?: number | null;
  layer?: string;
  title?: string;
  rows_in?: number;
  rows_stored?: number;
  rows_set_aside?: number;
  unchanged?: boolean;
  set_aside_url?: string | null;
  undo_url?: string | null;
  roster?: { buildings: number; matched: number; households: number; households_listed: number; unmatched: unknown[] } | null;
}

/** Files that come with companions of the same name. */
const MAIN = /\.(shp|tab|mif)$/i;

export const upload: Tool = {
  id: "upload",
  install(app) {
    if (!may("layers.import")) return;
    const veil = h("div", { class: "drop-veil", hidden: true }, h("p", {}, t("松开即导入")));
    document.body.append(veil);
    const carriesFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files") ?? false;
    document.addEventListener("dragover", (event) => {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      veil.hidden = false;
    });
    document.addEventListener("dragleave", (event) => {
      if (!event.relatedTarget) veil.hidden = true;
    });
    document.addEventListener("drop", (event) => {
      veil.hidden = true;
      if (!carriesFiles(event)) return;
      event.preventDefault();
      offer(app, [...(event.dataTransfer?.files ?? [])]);
    });
    const field = byId<HTMLInputElement>("file-field");
    field.addEventListener("change", () => {
      offer(app, [...(field.files ?? [])]);
      field.value = "";
    });
    document.addEventListener("geoapp:choose-file", () => field.click());
  },
};

/** Ask what the file is before it is read: the name as title, and what its coordinates are when it does not say. */
function offer(app: App, files: File[]): void {
  if (!files.length) return;
  const tooBig = files.find((file) => file.size > boot.maxUploadBytes);
  if (tooBig) {
    const most = number(boot.maxUploadBytes / 1048576);
    app.tray.say("danger", tooBig.name, t("文件超过 {n} MiB 的上限；请拆成几份再上传。", { n: most }));
    return;
  }
  const crs = h(
    "select",
    { id: "import-crs" },
    h("option", { value: "" }, t("按文件所写，或自动比对")),
    h("option", { value: "EPSG:4326" }, "WGS84（EPSG:4326）"),
    h("option", { value: "EPSG:4490" }, "CGCS2000（EPSG:4490）"),
    h("option", { value: "gcj02" }, t("GCJ-02（高德、腾讯）")),
    h("option", { value: "bd09" }, t("BD-09（百度）")),
    h("option", { value: "bd09mc" }, t("BD-09 米制（百度）")),
  );
  const dialog = h("dialog", { class: "dialog", "aria-label": t("导入文件") });
  const go = () => {
    dialog.close();
    for (const set of sets(files)) void send(app, set, crs.value);
  };
  fill(
    dialog,
    h("h2", {}, t("导入文件")),
    h("ul", {}, ...files.map((file) => h("li", {}, `${file.name}（${number(file.size / 1024)} KiB）`))),
    h("label", { for: "import-crs" }, t("坐标系")),
    crs,
    h("p", { class: "hint" }, t("每一行要么入库，要么列入“未入库”并写明原因；导入后可以撤销。")),
    h("div", { class: "row end" }, h("button", { class: "button", onclick: () => dialog.close() }, t("不导入")), h("button", { class: "button primary", onclick: go }, t("导入"))),
  );
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

/** One import per file, except that a Shapefile, TAB or MIF goes with its companions. */
function sets(files: File[]): File[][] {
  const stem = (file: File) => file.name.replace(/(\.shp)?\.[^.]+$/i, "");
  const mains = files.filter((file) => MAIN.test(file.name));
  const taken = new Set<File>();
  const groups = mains.map((main) => {
    const group = [main, ...files.filter((file) => file !== main && stem(file) === stem(main) && !MAIN.test(file.name))];
    group.forEach((file) => taken.add(file));
    return group;
  });
  return [...groups, ...files.filter((file) => !taken.has(file)).map((file) => [file])];
}

async function send(app: App, files: File[], crs: string): Promise<void> {
  const item = app.tray.add(files[0]?.name ?? "");
  item.progress(0, t("正在上传…"));
  const form = new FormData();
  for (const file of files) form.append("file", file, file.name);
  if (crs) form.set("crs", crs);
  try {
    const sent = (share: number) => item.progress(share < 1 ? share : null, share < 1 ? t("正在上传…") : t("正在读取和检查…"));
    let report = await postForm<Report>("/api/layers/import", form, sent);
    if (report.job) {
      const job = await followJob<Report>(report.job, (now) => item.progress(now.progress || null, now.message || t("正在读取和检查…")));
      if (job.state !== "done" || !job.result) return item.end("danger", job.message || t("导入没有完成，数据没有改动。"));
      report = job.result;
    }
    finish(app, item, report);
    await app.refresh();
    const key = report.layer;
    const entry = app.catalogue.entries.find((each) => each.key === key);
    if (entry) {
      app.state.setLayer(entry.key, { visible: true });
      if (entry.bbox) app.show(entry.bbox);
    }
  } catch (error) {
    item.end("danger", sentence(error), [{ label: t("改选项再导入"), run: () => (item.remove(), offer(app, files)) }]);
  }
}

function finish(app: App, item: TrayItem, report: Report): void {
  const aside = report.rows_set_aside ?? 0;
  const actions: TrayAction[] = [];
  if (aside && report.set_aside_url) actions.push({ label: t("看原因"), href: report.set_aside_url });
  const undo = report.undo_url ?? (report.import_id ? `/api/layers/imports/${report.import_id}/undo` : null);
  if (undo && !report.unchanged) actions.push({ label: t("撤销导入"), run: () => void takeBack(app, item, undo) });
  if (report.unchanged) return item.end("good", t("同一文件已经导入过，数据没有改动。"), actions);
  const roster = report.roster;
  if (roster && report.layer) {
    const key = report.layer;
    const left = roster.unmatched.length;
    const words = t("台账 {buildings} 栋、{households} 户：{matched} 栋已对上，{left} 栋（{listed} 户）待落图", {
      buildings: number(roster.buildings),
      households: number(roster.households),
      matched: number(roster.buildings - left),
      left: number(left),
      listed: number(roster.households_listed),
    });
    if (left) actions.unshift({ label: t("在图上点选"), run: () => void openRoster(app, key) });
    return item.end(left || aside ? "warning" : "good", words, actions);
  }
  const words = aside
    ? t("{total} 条中有 {aside} 条未入库", { total: number(report.rows_in ?? 0), aside: number(aside) })
    : t("{total} 条全部入库", { total: number(report.rows_in ?? 0) });
  item.end(aside ? "warning" : "good", words, actions);
}

async function takeBack(app: App, item: TrayItem, url: string): Promise<void> {
  try {
    await postJson(url, {});
    item.end("good", t("已撤销，数据回到导入前。"));
    await app.refresh();
  } catch (error) {
    item.end("danger", sentence(error));
  }
}
