/** One plan on the map: figures beside today's, a press hands a compound over, undo, names, downloads. */

import type { App } from "./app";
import { sentence } from "./api";
import * as server from "./division-api";
import type { Division, Plan } from "./division-api";
import { figure, proofLine, swatch, titled } from "./division-cards";
import { partName, planName, said } from "./division-words";
import { PlanOnMap } from "./division-map";
import { Model, type Figures, type Ground } from "./division-model";
import { fill, h } from "./dom";
import { number, t } from "./i18n";

const DOWNLOADS: [kind: string, words: () => string][] = [
  ["pdf", () => t("方案比选表（PDF）")],
  ["xlsx", () => t("方案比选表（Excel）")],
  ["html", () => t("离线网页")],
  ["gpkg", () => "GeoPackage"],
  ["geojson", () => "GeoJSON"],
  ["shp", () => "Shapefile (UTF-8)"],
  ["shp-gbk", () => "Shapefile (GBK)"],
  ["csv", () => t("单元归属表（CSV）")],
  ["json", () => t("方案文件（plan.json）")],
  ["units", () => t("划分单元（核验用）")],
];

export class Editor {
  private readonly drawn: PlanOnMap;
  private model: Model;
  private figuresBox = h("div", { class: "division-figures", "aria-live": "polite" });
  private head = h("div", { class: "division-head" });
  private proof = h("div", {});
  private list = h("div", { class: "division-list" });
  private downloads = h("div", { class: "row wrap" });
  private whole = h("input", { type: "radio", name: "division-whole", id: "division-whole", checked: true });
  private single = h("input", { type: "radio", name: "division-whole", id: "division-single" });
  private stops: (() => void)[] = [];
  /** Changes go to the server one after the other, each on the answer to the one before. */
  private sending: Promise<void> = Promise.resolve();
  private waiting = 0;

  constructor(
    private readonly app: App,
    private readonly division: Division,
    private readonly ground: Ground,
    private plan: Plan,
    private readonly back: () => void,
  ) {
    this.model = this.modelOf(plan);
    this.drawn = new PlanOnMap(app);
  }

  open(body: HTMLElement): void {
    const { app } = this;
    const choice = (field: HTMLElement, words: string) => h("label", { for: field.id, class: "row" }, field, words);
    fill(
      body,
      this.head,
      this.figuresBox,
      this.proof,
      h("p", { class: "hint" }, app.map ? t("点地图上的楼栋，把它划给相邻的社区；每一步都自动保存，可以撤销。") : t("在下面的列表里调整；每一步都自动保存，可以撤销。")),
      app.map ? h("fieldset", { class: "row wrap plain" }, h("legend", { class: "visually-hidden" }, t("一次划走")), choice(this.whole, t("整个小区")), choice(this.single, t("单个楼栋"))) : null,
      h("h3", {}, t("下载")),
      this.downloads,
      h("details", { class: "more" }, h("summary", {}, t("按小区调整（列表）")), this.list),
    );
    this.stops.push(
      app.onPress((press) => {
        const unit = this.drawn.unitAt(press);
        if (unit === null) return false;
        this.give(this.whole.checked ? this.model.compoundOf(unit) : [unit]);
        return true;
      }),
      app.keys.add("z", t("撤销"), () => this.plan.can_undo && this.send(server.undo)),
      app.keys.add("y", t("重做"), () => this.plan.can_redo && this.send(server.redo)),
    );
    app.show(this.ground.bbox);
    this.draw();
  }

  close(): void {
    for (const stop of this.stops.splice(0)) stop();
    this.drawn.clear();
  }

  private modelOf(plan: Plan): Model {
    return new Model(this.ground, plan.part_of, plan.part_names.length, this.division.place.staff);
  }

  /** Hand units to the part they share most border with: figures at once, then the server's word. */
  private give(units: number[], to = this.model.neighbour(units)): void {
    // Where all of them lie there already nothing changes, and no draft is made.
    if (units.every((unit) => this.model.part(unit) === to)) return;
    const began = performance.now();
    this.model.give(units, to);
    this.draw();
    this.figuresBox.dataset["followed"] = String(Math.round(performance.now() - began));
    this.send((id, number) => server.handOver(id, number, { units, to }));
  }

  private send(change: (id: string, plan: number) => Promise<Plan>): void {
    this.waiting += 1;
    this.figuresBox.setAttribute("aria-busy", "true");
    this.sending = this.sending.then(async () => {
      try {
        const plan = await change(this.division.id, this.plan.number);
        if (plan.number !== this.plan.number) this.app.tray.say("good", t("已另存为{name}，原方案不变。", { name: planName(plan.name) }));
        this.plan = plan;
      } catch (error) {
        this.app.tray.say("danger", t("这一步没有保存"), sentence(error));
      }
      this.waiting -= 1;
      // Later presses have run ahead of this answer: the last answer settles all of them.
      if (this.waiting === 0) {
        this.model = this.modelOf(this.plan);
        this.figuresBox.removeAttribute("aria-busy");
        this.draw();
      }
    });
  }

  private draw(): void {
    this.drawn.draw(this.model);
    this.drawHead();
    this.drawProof();
    const figures = this.model.figures();
    this.drawFigures(figures);
    this.drawList();
    const { plan, division } = this;
    const link = ([kind, words]: (typeof DOWNLOADS)[number]) =>
      h("a", { class: "button small", href: server.downloadUrl(division.id, plan.number, kind), "data-kind": kind, download: true }, words());
    fill(
      this.downloads,
      ...DOWNLOADS.map(link),
      plan.has_certificate ? link(["certificate", () => t("核验文件")]) : null,
    );
  }

  private drawHead(): void {
    const { plan } = this;
    const name = h("input", { type: "text", value: planName(plan.name), maxlength: 30, "aria-label": t("方案名称") });
    name.addEventListener("change", () => name.value.trim() && this.send((id, number) => server.rename(id, number, { name: name.value.trim() })));
    const press = (words: string, can: boolean, run: () => void) => h("button", { class: "button small", disabled: !can, onclick: run }, words);
    fill(
      this.head,
      h("p", { class: "row" }, h("button", { class: "link", onclick: () => this.back() }, t("‹ 全部方案")), name),
      h(
        "p",
        { class: "row wrap" },
        press(t("撤销"), plan.can_undo && !this.waiting, () => this.send(server.undo)),
        press(t("重做"), plan.can_redo && !this.waiting, () => this.send(server.redo)),
        press(t("另存一稿"), true, () => this.send((id, number) => server.copy(id, number, t("{name}·另存", { name: planName(plan.name) }).slice(0, 30)))),
      ),
    );
  }

  private drawProof(): void {
    const { conditions } = this.plan.proof;
    fill(
      this.proof,
      proofLine(this.plan, this.ground),
      conditions.length ? h("details", { class: "more" }, h("summary", {}, t("条件")), h("ul", {}, ...conditions.map((line) => h("li", {}, said(line, this.ground))))) : null,
    );
  }

  private drawFigures(figures: Figures): void {
    const { division, ground } = this;
    const numeric = (value: string | number, extra: HTMLElement | null = null) => h("td", { class: "number" }, value, extra);
    const dash = "—";
    const estimated = (much: number) => (much ? h("span", { class: "mark" }, t("估")) : null);
    const rows = figures.parts.map((part, i) =>
      h(
        "tr",
        { "data-part": i + 1 },
        h("th", { scope: "row" }, h("span", { class: "part-head" }, swatch(i + 1), this.partName(i))),
        numeric(number(part.households), estimated(part.estimated)),
        numeric(part.staffMin),
        numeric(part.staffNow ?? dash),
        numeric(part.shortfall ?? dash),
        numeric(number(part.load)),
      ),
    );
    const total = figures.parts.reduce((sum, part) => sum + part.households, 0);
    const today = h("tr", { class: "today" }, h("th", { scope: "row" }, t("现状")), numeric(number(total)), numeric(dash), numeric(division.place.staff ?? dash), numeric(dash), numeric(figures.loadNow === null ? dash : number(figures.loadNow)));
    const sum = h("tr", { class: "sum" }, h("th", { scope: "row" }, t("合计")), numeric(number(total)), numeric(figures.staffMin), numeric(division.place.staff ?? dash), numeric(figures.shortfall ?? dash), numeric(number(figures.load)));
    const head = [t("户数"), t("应配（测算）"), t("现有"), t("人员缺口"), t("人均服务户数")].map((words) => h("th", { class: "number", scope: "col" }, words));
    const change = figures.loadNow ? figures.load / figures.loadNow - 1 : null;
    fill(
      this.figuresBox,
      h("div", { class: "scroll" }, h("table", { class: "parts" }, h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t("社区")), ...head)), h("tbody", {}, today, ...rows, sum))),
      change !== null ? h("p", { class: "load" }, change <= 0 ? t("每人服务的户数比现状少 {n}%", { n: number(-change * 100) }) : t("每人服务的户数比现状多 {n}%", { n: number(change * 100) })) : null,
      ...this.warnings(figures).map((words) => h("p", { class: "notice warning" }, `⚠ ${words}`)),
      h(
        "dl",
        { class: "figures" },
        ...figure(t("变更社区"), t("{n} 户", { n: number(figures.moved) })),
        ...figure(t("新界线"), t("{n} 米", { n: number(figures.border_m) })),
        ...figures.border.flatMap((row) => figure(t("其中：{kind}", { kind: titled(row.title, ground) }), t("{n} 米", { n: number(row.length_m) }))),
      ),
      h("p", { class: "hint" }, t("户数口径：{basis}；应配按{document}测算。", { basis: ground.basis || t("未注明"), document: ground.rules.document })),
    );
  }

  private partName(i: number): HTMLElement {
    const names = this.plan.part_names;
    const field = h("input", { type: "text", class: "part-name", value: partName(names[i] ?? ""), maxlength: 30, "aria-label": t("第 {i} 个社区的名称", { i: i + 1 }) });
    field.addEventListener("change", () => {
      const wanted = names.map((name, k) => (k === i ? field.value.trim() : name));
      if (field.value.trim()) this.send((id, number) => server.rename(id, number, { part_names: wanted }));
    });
    return field;
  }

  private warnings(figures: Figures): string[] {
    const { rules } = this.ground;
    const words = figures.parts.flatMap((part, i) => {
      const name = partName(this.plan.part_names[i] ?? "");
      const said: string[] = [];
      if (part.pieces > 1) said.push(t("{name}不连片，有 {n} 处飞地", { name, n: part.pieces - 1 }));
      if (part.pieces === 0) said.push(t("{name}没有划入任何单元", { name }));
      if (part.mark === "over") said.push(t("{name} {n} 户，超过{most}户", { name, n: number(part.households), most: rules.households_most }));
      if (part.mark === "merge") said.push(t("{name} {n} 户，不足{least}户", { name, n: number(part.households), least: rules.households_merge }));
      return said;
    });
    if (figures.cut.length) words.push(t("切开了小区：{names}", { names: figures.cut.join("、") }));
    return words;
  }

  /** The same by list: each compound, and each building of none, with the communities it can go to. */
  private drawList(): void {
    const { ground, model, plan } = this;
    const groups = new Map<string, number[]>();
    ground.names.forEach((name, unit) => {
      const key = ground.compounds[unit] ?? name;
      groups.set(key, [...(groups.get(key) ?? []), unit]);
    });
    const rows = [...groups].flatMap(([name, units]) => {
      const households = units.reduce((sum, unit) => sum + (ground.households[unit] ?? 0), 0);
      if (!households) return [];
      const parts = [...new Set(units.map((unit) => model.part(unit)))];
      const buttons = plan.part_names.map((part, i) =>
        h("button", { class: "button small", "aria-pressed": String(parts.length === 1 && parts[0] === i + 1), onclick: () => this.give(units, i + 1) }, partName(part)),
      );
      return [h("li", { "data-compound": name }, h("span", {}, name, h("small", {}, t("{n} 户", { n: number(households) }))), h("span", { class: "row wrap" }, ...buttons))];
    });
    const held = [...this.list.querySelectorAll("button")].indexOf(document.activeElement as HTMLButtonElement);
    fill(this.list, h("ul", {}, ...rows));
    // The same buttons in the same order: the keyboard stays where it was.
    if (held >= 0) this.list.querySelectorAll("button")[held]?.focus();
  }
}
