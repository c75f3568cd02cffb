/** Entry of residents' pages: makes a form that works without a script easier, and keeps what cannot be sent now. */

import { boot } from "./boot";
import { h } from "./dom";
import { t } from "./i18n";
import { keepDrafts } from "./report-drafts";
import { Photos } from "./report-photos";
import { place } from "./report-place";
import { preview, similar } from "./report-preview";
import { freshKey, Refused, send, Unreachable } from "./report-sending";
import { remember, showRemembered } from "./report-remembered";

const form = document.querySelector<HTMLFormElement>("form[data-report]");
if (form) prepare(form);
showRemembered();
if ("serviceWorker" in navigator && window.isSecureContext) {
  for (const scope of ["/report", "/d/"]) void navigator.serviceWorker.register("/report-worker.js", { scope }).catch(() => undefined);
}
document.getElementById("wrong")?.focus();

function prepare(form: HTMLFormElement): void {
  const words = document.getElementById("sending");
  const say = (sentence: string, link?: { href: string; words: string }) => {
    if (words) words.replaceChildren(sentence, ...(link ? [" ", h("a", { href: link.href }, link.words)] : []));
  };
  // A page kept for use without a network would send the same key twice for two matters.
  const key = form.elements.namedItem("key");
  if (key instanceof HTMLInputElement) key.value = freshKey();
  const photos = new Photos(form);
  const drafts = keepDrafts(say);
  if (form.dataset["report"] === "map") {
    place(form, () => similar(form));
    preview(form, photos);
  }
  let busy = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (busy) return;
    if (form.dataset["report"] === "map" && !form.dataset["seen"]) {
      form.dispatchEvent(new CustomEvent("look"));
      return;
    }
    busy = true;
    const button = form.querySelector<HTMLButtonElement>("button[type=submit]");
    button?.setAttribute("aria-disabled", "true");
    say(t("正在发送…"));
    const sending = { address: form.action || location.pathname, form: photos.fill(new FormData(form)) };
    send(sending, (share) => say(t("正在发送… {percent}%", { percent: Math.round(share * 100) })))
      .then((receipt) => {
        remember(receipt);
        location.assign(receipt.next);
      })
      .catch(async (error: unknown) => {
        if (error instanceof Unreachable) {
          await drafts.keep(sending);
          form.reset();
          photos.clear();
          if (key instanceof HTMLInputElement) key.value = freshKey();
        } else say(error instanceof Refused ? error.message : t("没有发出去；请再试一次，您写的都还在。"));
      })
      .finally(() => {
        busy = false;
        button?.removeAttribute("aria-disabled");
      });
  });
  document.documentElement.lang = boot.language === "zh" ? "zh-CN" : "en";
  document.body.dataset["ready"] = "yes";
}
