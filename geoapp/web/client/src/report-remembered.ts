/** Receipts of what was sent from this phone, so that nobody needs to find a screenshot again. */

import { fill, h } from "./dom";
import { t } from "./i18n";
import type { Receipt } from "./report-sending";

const KEY = "geoapp-receipts";
const MOST = 20;

export function remember(receipt: Receipt): void {
  try {
    const kept = receipts().filter((other) => other.address !== receipt.address);
    localStorage.setItem(KEY, JSON.stringify([receipt, ...kept].slice(0, MOST)));
  } catch {
    // Private browsing without storage: the receipt's own page still says to keep its code.
  }
}

function receipts(): Receipt[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(kept) ? (kept as Receipt[]).filter((each) => /^\/r\/[\w-]+$/.test(each.address)) : [];
  } catch {
    return [];
  }
}

/** On the page that finds old reports: those sent from this phone, and a way to forget them on a shared one. */
export function showRemembered(): void {
  const section = document.getElementById("remembered");
  const kept = receipts();
  if (!section || !kept.length) return;
  const forget = h("button", { class: "button small", type: "button" }, t("从这部手机上忘掉"));
  forget.addEventListener("click", () => {
    localStorage.removeItem(KEY);
    section.hidden = true;
  });
  fill(section, h("h2", {}, t("从这部手机发出的")), h("ul", { class: "near" }, ...kept.map((each) => h("li", {}, h("a", { href: each.address }, each.number)))), forget);
  section.hidden = false;
}
