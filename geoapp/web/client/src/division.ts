/** Panel 试划分: choose a community, ask for a division, compare the plans as cards, take one to the map. */

import type { App, PlaceInfo, Tool } from "./app";
import { cancelJob, followJob, sentence } from "./api";
import * as server from "./division-api";
import type { Division, Plan, Wish } from "./division-api";
import { bestOf, planCard } from "./division-cards";
import { Editor } from "./division-editor";
import { drawForm } from "./division-form";
import type { Ground } from "./division-model";
import { jobWords } from "./division-words";
import { fill, h } from "./dom";
import { boot, may } from "./boot";
import { day, number, t } from "./i18n";

const PANEL = "division";

export const division: Tool = {
  id: PANEL,
  install(app) {
    if (!may("divisions.read")) return;
    const desk = new Desk(app);
    app.placeActions.push({
      label: t("试划分"),
      when: (place) => place.level === "community" && Boolean(place.households) && may("divisions.read", place.code),
      run: (place) => void desk.begin(place),
    });
  },
};

/** Local date and time, to the minute. */
function moment(iso: string): string {
  return new Date(iso).toLocaleString(boot.language === "zh" ? "zh-CN" : "en-GB", { dateStyle: "medium", timeStyle: "short" });
}

class Desk {
  private readonly body: HTMLElement;
  private editor: Editor | null = null;

  constructor(private readonly app: App) {
    this.body = app.panels.register({ id: PANEL, title: t("试划分"), side: "right", onClose: () => this.leave() });
  }

  /** The form for a community, above the divisions that were asked for before. */
  async begin(place: PlaceInfo): Promise<void> {
    this.leave();
    this.app.panels.open(PANEL, true);
    fill(this.body, h("div", { class: "skeleton", "aria-label": t("正在查询") }));
    try {
      const [options, before] = await Promise.all([server.options(), server.earlier(place.code)]);
      const form = h("div", {});
      if (may("divisions.ask", place.code)) drawForm(this.app, form, place, options, (wish) => void this.ask(place, wish));
      else fill(form, h("h2", {}, place.name), h("p", { class: "hint" }, t("您可以看以前的试划分；新的试划分由规划人员来做。")));
      fill(this.body, form, this.earlier(before.divisions));
    } catch (error) {
      this.fail(error, () => void this.begin(place));
    }
  }

  private earlier(divisions: Division[]): HTMLElement | null {
    const done = divisions.filter((one) => one.state === "ready");
    if (!done.length) return null;
    const row = (one: Division) =>
      h("li", {}, h("button", { class: "link", onclick: () => void this.open(one.id) }, t("{time} 算的，按 {on} 的边界", { time: moment(one.created_at), on: day(one.on) })));
    return h("section", { class: "card" }, h("h3", {}, t("以前的试划分")), h("ul", {}, ...done.slice(0, 10).map(row)));
  }

  private async ask(place: PlaceInfo, wish: Wish): Promise<void> {
    const words = h("p", {}, t("正在排队…"));
    const bar = h("progress", { max: 1, "aria-label": t("试划分的进度") });
    let job = "";
    const stop = h("button", { class: "button", onclick: () => job && void cancelJob(job) }, t("停止计算"));
    try {
      const asked = await server.ask(place.code, wish);
      // The mark around what was chosen would lie under the dashes of today's border.
      this.app.state.set("selection", null);
      job = asked.job;
      fill(this.body, h("h2", {}, t("试划分 {name}", { name: place.name })), words, bar, h("p", {}, stop));
      const ended = await followJob(job, (now) => {
        words.textContent = jobWords(now.message) || t("正在计算…");
        if (now.progress) bar.value = now.progress;
      });
      if (ended.state !== "done") {
        const sad = ended.state === "cancelled" ? t("已停止计算，没有保存任何方案。") : jobWords(ended.message) || t("计算没有完成；请重试。");
        return this.say(sad, () => void this.begin(place));
      }
      await this.open(asked.id, place);
    } catch (error) {
      this.app.tray.say("danger", t("试划分"), sentence(error));
    }
  }

  /** The cards of a division. */
  async open(id: string, place?: PlaceInfo): Promise<void> {
    this.leave();
    try {
      const found = await server.look(id);
      if (found.state === "none") {
        const again = place ? () => void this.begin(place) : null;
        return this.say(t("条件冲突，无可行方案：{reason}", { reason: jobWords(found.reason) }), again);
      }
      this.cards(found, await server.units(id), place);
    } catch (error) {
      this.fail(error, () => void this.open(id, place));
    }
  }

  private cards(found: Division, ground: Ground, place?: PlaceInfo): void {
    this.leave();
    document.body.dataset["division"] = "compare";
    const best = bestOf(found.plans);
    const show = (plan: Plan) => this.edit(found, ground, plan, place);
    const { name, households, staff } = found.place;
    const today = staff === null || households === null ? "" : t("现有 {n} 户、工作人员 {staff} 人，每人 {load} 户。", { n: number(households), staff, load: number(households / staff) });
    fill(
      this.body,
      h("h2", {}, t("{name}：{n} 个方案", { name, n: found.plans.length }), ground.illustrative ? h("span", { class: "tag" }, t("示意")) : null),
      h("p", { class: "hint" }, today, t("按 {on} 的边界；粗体为各项中最好的。", { on: day(found.on) })),
      h("div", { class: "plan-cards" }, ...found.plans.map((plan) => planCard(plan, ground, best, () => show(plan)))),
      place ? h("p", { class: "row" }, h("button", { class: "button", onclick: () => void this.begin(place) }, t("改条件重算"))) : null,
    );
    this.app.show(ground.bbox);
    // The cards carry maps of their own: on a phone they are read before the map is.
    this.app.panels.rise();
  }

  private edit(found: Division, ground: Ground, plan: Plan, place?: PlaceInfo): void {
    this.leave();
    document.body.dataset["division"] = "edit";
    this.editor = new Editor(this.app, found, ground, plan, () => void this.open(found.id, place));
    this.editor.open(this.body);
  }

  private say(words: string, again: (() => void) | null): void {
    fill(this.body, h("p", { class: "notice warning" }, words), again ? h("button", { class: "button", onclick: again }, t("改条件重算")) : null);
  }

  private fail(error: unknown, again: () => void): void {
    fill(this.body, h("p", { class: "notice danger" }, sentence(error)), h("button", { class: "button", onclick: again }, t("重试")));
  }

  private leave(): void {
    this.editor?.close();
    this.editor = null;
    delete document.body.dataset["division"];
  }
}
