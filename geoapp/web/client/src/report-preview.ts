/** Before sending: what others will see, and whether somebody has said the same already. */

import { getJson } from "./api";
import { byId, fill, h } from "./dom";
import { t } from "./i18n";
import { type Photos, thumbnail } from "./report-photos";
import { freshKey, Refused, send } from "./report-sending";
import { remember } from "./report-remembered";

interface Near {
  /** 受理编号, by which it is joined. */
  number: string;
  kind: string;
  words: string;
  /** Metres, rounded. */
  distance_m: number;
  when: string;
  state: string;
  photos: string[];
}

/** The first press on 提交 shows what will be public and what is known nearby; the second one sends. */
export function preview(form: HTMLFormElement, photos: Photos): void {
  const section = byId("preview");
  const button = form.querySelector<HTMLButtonElement>("button[type=submit]") as HTMLButtonElement;
  const back = () => {
    delete form.dataset["seen"];
    section.hidden = true;
    button.textContent = t("提交");
  };
  form.addEventListener("input", back);
  photos.onChange = back;
  form.addEventListener("look", () => {
    const words = String(new FormData(form).get("words") ?? "").trim();
    fill(
      section,
      h("h2", { tabindex: "-1" }, t("审核以后，别人会看到这些")),
      h("p", { class: "said" }, words || t("（没有写字）")),
      h("div", { class: "photos" }, ...photos.files.map((file, index) => h("figure", {}, thumbnail(file, index)))),
      h("p", { class: "hint" }, t("还有大概的位置。看不到您的电话；人脸和车牌会打码。")),
    );
    section.hidden = false;
    form.dataset["seen"] = "yes";
    button.textContent = t("就这样发出");
    section.querySelector<HTMLElement>("h2")?.focus();
  });
}

/** Asks for open reports nearby whenever place or kind change. */
export function similar(form: HTMLFormElement): void {
  const value = (name: string) => String(new FormData(form).get(name) ?? "");
  const section = byId("near");
  if (!value("lon")) {
    section.hidden = true;
    return;
  }
  const query = new URLSearchParams({ lon: value("lon"), lat: value("lat"), kind: value("kind") });
  getJson<{ near: Near[] }>(`/report/similar?${query}`)
    .then(({ near }) => {
      section.hidden = !near.length;
      fill(section, h("h2", {}, t("是不是同一件事？已经有人说了")), h("ul", {}, ...near.map((each) => item(each, form))));
    })
    .catch(() => (section.hidden = true));
}

function item(near: Near, form: HTMLFormElement): HTMLElement {
  const said = h("p", { class: "hint", role: "status" });
  const join = h("button", { class: "button small", type: "button" }, t("我也遇到了"));
  join.addEventListener("click", () => {
    const joining = new FormData();
    joining.set("key", freshKey());
    joining.set("phone", String(new FormData(form).get("phone") ?? ""));
    send({ address: `/report/${near.number}/join`, form: joining })
      .then((receipt) => {
        remember(receipt);
        location.assign(receipt.next);
      })
      .catch((error: unknown) => (said.textContent = error instanceof Refused ? error.message : t("没有发出去；请再试一次，您写的都还在。")));
  });
  return h(
    "li",
    {},
    h("p", {}, h("strong", {}, near.kind), ` · ${t("约 {n} 米", { n: near.distance_m })} · ${near.when} · ${near.state}`),
    near.words ? h("p", { class: "said" }, near.words) : null,
    near.photos.length ? h("div", { class: "photos" }, ...near.photos.map((src) => h("img", { src, alt: t("照片"), width: 96, height: 96 }))) : null,
    join,
    said,
  );
}
